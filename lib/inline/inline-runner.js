'use strict';

/**
 * Runs inline jobs in their turn: loads the function, calls it, and hands its outcome to the manager's handlers.
 */

const {AsyncResource} = require('node:async_hooks');
const {unhandledJob} = require('../host/errors');
const {safely} = require('../host/safe-call');
const {BegunRuns} = require('./begun-runs');
const {loadFunction} = require('./inline-function');

/** A job in the queue, and the async context that it was added in: one object, since hosts may queue a million. */
class InlineTask extends AsyncResource {
    #run;

    constructor(run, name, job, data) {
        super('JobManagerInlineJob');
        this.#run = run;
        this.name = name;
        this.job = job;
        this.data = data;
    }

    begin() {
        return this.runInAsyncScope(this.#run, undefined, this);
    }
}

class InlineRunner {
    #queue;
    #logger;
    #host;
    #begun = new BegunRuns();

    /**
     * @param {import('./inline-jobs').InlineJobs} queue
     * @param {object} logger
     * @param {object} host
     * @param {(name: string) => Promise<void> | undefined} host.onStarted - a promise where the job has to wait for it
     * @param {(name: string | undefined, error: unknown, result: unknown) => Promise<void>} host.onEnded - must not
     *   throw or reject
     */
    constructor(queue, logger, host) {
        this.#queue = queue;
        this.#logger = logger;
        this.#host = host;
    }

    /**
     * Puts a job at the end of the queue.
     *
     * @param {{name?: string, job: Function | string | URL, data?: unknown}} job
     * @param {object} [turn] - for a scheduled job
     * @param {import('../host/job-scope').JobScope} turn.scope - its registration; another job runs in the async context
     *   that this is called in
     * @param {() => boolean} turn.isWanted - asked when its turn has come, since it may have been removed by then
     * @param {() => void} turn.onEnded - called when it is over
     */
    add({name, job, data}, turn) {
        const {length} = this.#queue;
        this.#logger.info(
            `Adding one-off job to inlineQueue with current length = ${length} called '${name || 'anonymous'}'`
        );
        this.#queue.add(
            turn
                ? {begin: () => turn.scope.runInAsyncScope(this.#takeTurn, this, name, job, data, turn)}
                : new InlineTask(this.#runTask, name, job, data)
        );
    }

    /** @returns {{ended: Promise<void>, othersEnded: Promise<void>}} begun runs of a scheduled job; see `BegunRuns` */
    runsOf(scope) {
        return this.#begun.of(scope);
    }

    /** Called in the async context of a task. */
    #runTask = ({name, job, data}) => this.#run(name, job, data);

    async #takeTurn(name, job, data, turn) {
        if (turn.isWanted()) {
            await this.#begun.during(turn.scope, () => this.#run(name, job, data, turn));
        }
        turn.onEnded();
    }

    async #run(name, job, data, turn) {
        const started = name && this.#host.onStarted(name);
        if (started) {
            await started;
        }
        let error;
        let result;
        try {
            const run = typeof job === 'function' ? job : await loadFunction(job);
            result = await run(data);
        } catch (thrown) {
            error = this.#threw(job, thrown);
        }
        const end = () => this.#host.onEnded(name, error, result);
        await (turn ? turn.scope.run(end) : end());
    }

    #threw(job, thrown) {
        const error = thrown || new Error(`The job threw ${thrown}`);
        const context = typeof job === 'function' ? 'function' : String(job);
        this.#queue.failed(error);
        safely(this.#logger, 'The logger', () => this.#logger.error(unhandledJob({context, err: error})));
        return error;
    }
}

module.exports = {InlineRunner};
