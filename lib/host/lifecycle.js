'use strict';

/**
 * The life of a manager: it takes work until `shutdown` is called, and none after that.
 */

const {callAfter, within} = require('./deadline');
const {TimeoutError, checkStopped} = require('./errors');
const {onNextTurn} = require('./next-turn');

/** How long `shutdown` waits for workers and rows. */
const DEFAULT_TIMEOUT_MS = 30_000;
/** Taken now: a host may replace it by a clock that stands still. */
const nowMs = performance.now.bind(performance);

const REFUSALS = {
    'shutting down': {code: 'MANAGER_SHUTTING_DOWN', reason: 'the job manager is shutting down'},
    'shut down': {
        code: 'MANAGER_SHUT_DOWN',
        reason: 'the job manager has been shut down; make another with new JobManager() for further jobs'
    }
};

/**
 * @typedef {object} Parts
 * @property {import('../inline/inline-jobs').InlineJobs} inline
 * @property {{warn: Function}} logger
 * @property {(timeoutMs: number) => Promise<{timedOut: boolean, survivors: object[]}>} stopWorkers - ends schedules and
 *   workers; `timedOut` when it had to kill some at the time limit, `survivors` are processes that could not be killed
 * @property {() => {settled(): Promise<void>} | undefined} rows - of jobs in the host's database
 */

class Lifecycle {
    #parts;
    /** @type {'open' | 'shutting down' | 'shut down'} */
    #state = 'open';
    /** The shutdown that goes, or that has succeeded. */
    #shutdown;

    /** @param {Parts} parts */
    constructor(parts) {
        this.#parts = parts;
    }

    /**
     * @param {string} [name] - the job that is to be added or started
     * @throws {Error} MANAGER_SHUTTING_DOWN or MANAGER_SHUT_DOWN
     */
    assertOpen(name) {
        if (this.#state !== 'open') {
            const {code, reason} = REFUSALS[this.#state];
            const job = name ? `Job "${name}"` : 'A job';
            throw Object.assign(new Error(`${job} was not started: ${reason}`), {code});
        }
    }

    /**
     * Shuts the manager down. A second call gets the result of the first; one after a first that ran out of time waits
     * for what still goes.
     *
     * @param {{timeout?: number, waiting?: 'finish' | 'drop'}} options - checked
     * @returns {Promise<{dropped: number} | undefined>} how many inline jobs were dropped, where that was asked for
     * @throws {TimeoutError} when not all was over at `timeout`
     * @throws {NotStoppedError} when worker processes could not be killed
     */
    shutDown(options) {
        this.#shutdown ??= this.#perform(options).catch((error) => {
            this.#shutdown = undefined;
            throw error;
        });
        return this.#shutdown;
    }

    async #perform({timeout, waiting = 'finish'}) {
        const {inline} = this.#parts;
        if (this.#state === 'open') {
            this.#state = 'shutting down';
        }
        if (waiting === 'drop') {
            this.#dropWaiting();
        }
        const droppedAtOnce = inline.dropped;
        // Jobs on the host's event loop have no limit unless one is asked for. What waits then never begins.
        const cancel = callAfter(timeout, () => this.#dropWaiting());
        try {
            const {problems, survivors} = await this.#end(timeout);
            const late = inline.dropped - droppedAtOnce;
            if (late > 0) {
                problems.push(`Inline jobs that still waited after ${timeout} ms were dropped: ${late}`);
            }
            if (problems.length > 0) {
                throw new TimeoutError(problems.join('. '), inline.dropped);
            }
            checkStopped({survivors});
        } finally {
            cancel();
            this.#state = 'shut down';
        }
        return waiting === 'drop' ? {dropped: inline.dropped} : undefined;
    }

    /** Ends everything, each until its time: `problems` are what was not over by then. */
    async #end(timeout) {
        const {inline, logger, stopWorkers, rows} = this.#parts;
        const startedMs = nowMs();
        const limitMs = timeout ?? DEFAULT_TIMEOUT_MS;
        const left = (ms) => ms && ms - (nowMs() - startedMs);
        const problems = [];
        const {timedOut, survivors} = await stopWorkers(limitMs);
        if (timedOut && survivors.length === 0) {
            problems.push(`Workers were still running after ${limitMs} ms, and were killed`);
        }
        if (!inline.isIdle) {
            logger.warn('Waiting for busy job in inline job queue');
            if (await within(inline.idle(), left(timeout))) {
                logger.warn('Inline job queue finished');
            } else {
                // This timer may come before the one that drops.
                this.#dropWaiting();
                problems.push(`Inline jobs were still running after ${timeout} ms`);
            }
        }
        // A host closes its database next.
        const repository = rows();
        if (repository && !(await within(rowsSettled(repository), left(limitMs)))) {
            problems.push(`Rows of jobs were still being written after ${limitMs} ms`);
        }
        return {problems, survivors};
    }

    #dropWaiting() {
        const {inline, logger} = this.#parts;
        const dropped = inline.close();
        if (dropped > 0) {
            logger.warn(`Shutdown dropped the inline jobs that had not begun: ${dropped}`);
        }
    }
}

/** A one-off that was being claimed is refused now, and its row is written once more. */
async function rowsSettled(repository) {
    await repository.settled();
    await new Promise(onNextTurn);
    await repository.settled();
}

module.exports = {Lifecycle};
