'use strict';

/** Runs of handlers on the host's own event loop: calls the function, and keeps its outcome until the run has ended. */

const {loadFunction, resolveModule} = require('../inline/inline-function');
const {withinLimit} = require('../inline/time-limit');
const {isPermanent} = require('../wire/permanent');
const {RunContext} = require('../wire/run-context');

class InlineHandlers {
    #onSettled;
    #sinkOf;
    /** Runs that go, by number. @type {Map<number, RunContext>} */
    #going = new Map();
    /** What came of runs that have not been said to have ended. @type {Map<number, {value?: unknown, error?: unknown}>} */
    #outcomes = new Map();
    /** The functions of modules, by registration. @type {WeakMap<object, Promise<Function>>} */
    #loaded = new WeakMap();

    /**
     * @param {object} host
     * @param {(run: number, failed?: boolean) => void} host.onSettled - as `inlineEnded` of the native side
     * @param {(run: number) => import('../wire/run-context').Sink} host.sinkOf - where its reports go
     */
    constructor({onSettled, sinkOf}) {
        this.#onSettled = onSettled;
        this.#sinkOf = sinkOf;
    }

    /**
     * Calls the function for a run.
     *
     * @param {number} run
     * @param {{name: string, job: object}} registered
     * @param {{facts: import('../wire/run-context').RunFacts, data: unknown, timeoutMs?: number}} call
     */
    begin(run, registered, {facts, data, timeoutMs}) {
        const context = new RunContext(facts, this.#sinkOf(run));
        this.#going.set(run, context);
        void this.#run(run, registered, {context, data, timeoutMs});
    }

    /** The run is asked to stop. */
    abort(run, reason) {
        this.#going.get(run)?.abort(reason);
    }

    /** @returns {{value?: unknown, error?: unknown} | undefined} how the last attempt of a run came out */
    outcomeOf(run) {
        return this.#outcomes.get(run);
    }

    /** A function that something else has called has settled. */
    settled(run, outcome) {
        this.#outcomes.set(run, outcome);
    }

    /** The run has ended. */
    forget(run) {
        this.#going.delete(run);
        this.#outcomes.delete(run);
    }

    async #run(run, registered, {context, data, timeoutMs}) {
        let outcome;
        try {
            outcome = {value: await this.#call(registered, {context, data, timeoutMs})};
        } catch (error) {
            outcome = {error: error ?? new Error(`Job "${registered.name}" threw ${error}`)};
        }
        context.flush();
        if (!this.#going.delete(run)) {
            // It is not waited for any more.
            return;
        }
        this.#outcomes.set(run, outcome);
        this.#onSettled(run, 'error' in outcome ? isPermanent(outcome.error) : undefined);
    }

    async #call(registered, {context, data, timeoutMs}) {
        const {name} = registered;
        const handler = await this.#functionOf(registered);
        // It was cancelled before it began.
        context.throwIfAborted();
        if (timeoutMs === undefined) {
            return handler(data, context);
        }
        const call = async () => handler(data, context);
        return withinLimit(call, {name, timeoutMs, onTimeout: (error) => context.abort(error)});
    }

    #functionOf(registered) {
        const {job} = registered.job;
        if (typeof job === 'function') {
            return job;
        }
        let loaded = this.#loaded.get(registered);
        if (loaded === undefined) {
            loaded = loadFunction(job, {name: registered.name, target: resolveModule(job)});
            this.#loaded.set(registered, loaded);
            // The next run tries again.
            loaded.catch(() => this.#loaded.delete(registered));
        }
        return loaded;
    }
}

module.exports = {InlineHandlers};
