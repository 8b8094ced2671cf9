'use strict';

/**
 * Runs inline jobs when the queue starts them: loads the function, calls it, and passes its outcome to the manager's
 * handlers.
 */

const {AsyncResource} = require('node:async_hooks');
const {JobError, unhandledJob} = require('../host/errors');
const {safely} = require('../host/safe-call');
const {isTraced, traceInline} = require('../host/tracing');
const {BegunRuns} = require('./begun-runs');
const {callInline} = require('./inline-function');

/** A queued job with the async context of its `addJob`. One object for both, because hosts may queue a million jobs. */
class InlineTask extends AsyncResource {
    #run;

    constructor(run, name, job, data, timeoutMs) {
        super('JobManagerInlineJob');
        this.#run = run;
        this.name = name;
        this.job = job;
        this.data = data;
        this.timeoutMs = timeoutMs;
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
    /** Functions that have left the queue, by what came of them. */
    #outcomes = {completed: 0, failed: 0, cancelled: 0};

    /**
     * @param {import('./inline-jobs').InlineJobs} queue
     * @param {object} logger
     * @param {object} host
     * @param {(name: string) => Promise<void> | undefined} host.onStarted - if it returns a promise, the job is called once that is settled
     * @param {(name: string | undefined, error: unknown, result: unknown, isRun?: boolean) => Promise<void> | undefined}
     *   host.onEnded - must not throw or reject; `isRun` for a registered job, which has a run of its own
     * @param {(name: string | undefined, turn?: object) => object} host.traceOf - what tracers are told of an attempt
     */
    constructor(queue, logger, host) {
        this.#queue = queue;
        this.#logger = logger;
        this.#host = host;
    }

    /**
     * Puts a job into the queue.
     *
     * @param {{name?: string, job: Function | string | URL, data?: unknown, timeout?: number, priority?: number}} job
     * @param {object} [turn] - only for a scheduled job
     * @param {import('../host/job-scope').JobScope} turn.scope - its registration; another job runs in the async context
     *   that this is called in
     * @param {() => boolean} turn.isWanted - called when the job is started, because it may have been removed by then
     * @param {() => void} turn.onUnwanted - called instead of the job if it is not wanted
     * @param {((error: unknown) => Promise<boolean>) | undefined} turn.isLast - only for a job with several attempts: called
     *   when one has failed; resolves with false if another one follows
     * @param {() => boolean} turn.isCancelled - whether the host has asked the run to stop: its error is none to report
     * @param {(() => object) | undefined} turn.context - gives the second argument of the function
     * @param {(error?: unknown, result?: unknown) => void} turn.onEnded - called when the attempt has ended
     */
    add({name, job, data, timeout, priority}, turn) {
        const {length} = this.#queue;
        this.#logger.info(
            `Adding one-off job to inlineQueue with current length = ${length} called '${name || 'anonymous'}'`
        );
        this.#queue.add(
            turn
                ? {
                      begin: () =>
                          turn.scope.runInAsyncScope(
                              this.#takeTurn,
                              this,
                              {name, job, data, timeoutMs: timeout},
                              turn
                          )
                  }
                : new InlineTask(this.#runTask, name, job, data, timeout),
            priority
        );
    }

    /** @returns {Readonly<{completed: number, failed: number, cancelled: number}>} functions that have left the queue */
    get outcomes() {
        return this.#outcomes;
    }

    /** @returns {{ended: Promise<void>, othersEnded: Promise<void>}} begun runs of a scheduled job; see `BegunRuns` */
    runsOf(scope) {
        return this.#begun.of(scope);
    }

    /** Called in the async context of a task. */
    #runTask = (task) => this.#run(task);

    async #takeTurn(task, turn) {
        if (!turn.isWanted()) {
            turn.onUnwanted();
            return;
        }
        let error;
        await this.#begun.during(turn.scope, async () => {
            error = await this.#run(task, turn);
        });
        turn.onEnded(error, turn.result);
    }

    /**
     * A run that has failed is not tried again, as was to be expected.
     *
     * @param {import('../host/job-scope').JobScope} scope
     * @param {{name: string, job: unknown}} job
     * @param {unknown} error - of its last attempt
     */
    async gaveUp(scope, {name, job}, error) {
        this.#report(job, error);
        await scope.run(() => this.#host.onEnded(name, error, undefined, true));
    }

    async #run(task, turn) {
        const {name, job} = task;
        const started = name && !this.#queue.isClosed && this.#host.onStarted(name);
        if (started) {
            await started;
        }
        let error;
        let result;
        const context = turn?.context?.();
        if (this.#queue.isClosed) {
            this.#outcomes.cancelled += 1;
            error = this.#dropped(name);
            await turn?.isLast?.(error);
        } else {
            turn?.onBegun?.();
            try {
                result = await (isTraced() ? this.#traced(task, turn, context) : callInline(task, context));
                this.#outcomes.completed += 1;
            } catch (thrown) {
                this.#outcomes[turn?.isCancelled() ? 'cancelled' : 'failed'] += 1;
                error = thrown || new Error(`The inline job threw ${thrown}`);
                if (turn?.isLast && !(await turn.isLast(error))) {
                    return error;
                }
                if (!turn?.isCancelled()) {
                    this.#report(job, error);
                }
            }
        }
        const ended = turn
            ? this.#turnEnded(turn, name, error, result)
            : this.#host.onEnded(name, error, result);
        if (ended) {
            await ended;
        }
        return error;
    }

    /** Calls the function for tracers, too. */
    #traced(task, turn, context) {
        return traceInline(async () => callInline(task, context), this.#host.traceOf(task.name, turn));
    }

    #turnEnded(turn, name, error, result) {
        turn.result = result;
        return turn.scope.run(() => this.#host.onEnded(name, error, result, true));
    }

    /** The error of a job that never began: it was queued, or its row was being written, when the queue was closed. */
    #dropped(name) {
        const job = name ? `Inline job "${name}"` : 'An inline job';
        const error = new JobError('JOB_CANCELLED', name, `${job} was dropped by shutdown before it began`);
        this.#queue.failed(error);
        return error;
    }

    #report(job, error) {
        const context = typeof job === 'function' ? 'function' : String(job);
        this.#queue.failed(error);
        safely(this.#logger, 'The logger', () => this.#logger.error(unhandledJob({context, err: error})));
    }
}

module.exports = {InlineRunner};
