'use strict';

/** Runs of handlers on the host's own event loop: calls the function, and keeps its outcome until the run has ended. */

const {isTraced, traceInline} = require('../host/tracing');
const {loadFunction, resolveModule} = require('../inline/inline-function');
const {withinLimit} = require('../inline/time-limit');
const {isPermanent} = require('../wire/permanent');
const {RunContext} = require('../wire/run-context');

class InlineHandlers {
    #onSettled;
    #sinkOf;
    #traceOf;
    /** Runs that go, by number. @type {Map<number, RunContext>} */
    #going = new Map();
    /** What came of runs that have not been said to have ended. @type {Map<number, {value?: unknown, error?: unknown}>} */
    #outcomes = new Map();
    /** The functions of modules, by registration. @type {WeakMap<object, Promise<Function>>} */
    #loaded = new WeakMap();

    /**
     * @param {object} host
     * @param {(run: number, failed: boolean | undefined, outcome: object) => void} host.onSettled - as `inlineEnded` of
     *   the native side, with what came of the function
     * @param {(run: number, registered: object) => import('../wire/run-context').Sink} host.sinkOf - where its reports go
     * @param {(run: number, registered: object, context: RunContext) => object} host.traceOf - what tracers are told of an attempt
     */
    constructor({onSettled, sinkOf, traceOf}) {
        this.#traceOf = traceOf;
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
        void this.#run(run, registered, {context: this.contextOf(run, registered, facts), data, timeoutMs});
    }

    /**
     * @param {number} run
     * @param {{name: string}} registered
     * @param {import('../wire/run-context').RunFacts} facts
     * @returns {RunContext} what the function of a run is called with, which something else calls
     */
    contextOf(run, registered, facts) {
        const context = new RunContext(facts, this.#sinkOf(run, registered));
        this.#going.set(run, context);
        return context;
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
        this.#going.get(run)?.flush();
        this.#going.delete(run);
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
            outcome = {value: await this.#call(run, registered, {context, data, timeoutMs})};
        } catch (thrown) {
            outcome = {error: thrown ?? new Error(`Job "${registered.name}" threw ${thrown}`)};
        }
        context.flush();
        if (this.#going.get(run) !== context) {
            // It is not waited for any more; another attempt may go.
            return;
        }
        this.#going.delete(run);
        this.#outcomes.set(run, outcome);
        this.#onSettled(run, 'error' in outcome ? isPermanent(outcome.error) : undefined, outcome);
    }

    async #call(run, registered, {context, data, timeoutMs}) {
        const {name} = registered;
        const handler = await this.#functionOf(registered);
        // It was cancelled before it began.
        context.throwIfAborted();
        const own = async () => handler(data, context);
        const call = isTraced() ? () => traceInline(own, this.#traceOf(run, registered, context)) : own;
        return timeoutMs === undefined
            ? call()
            : withinLimit(call, {name, timeoutMs, onTimeout: (error) => context.abort(error)});
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
