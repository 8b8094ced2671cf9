'use strict';

/**
 * The lifecycle of a manager: it accepts jobs until `shutdown` is called, and refuses them afterwards.
 */

const {callAfter, within} = require('./deadline');
const {TimeoutError, checkStopped} = require('./errors');
const {onNextTurn} = require('./next-turn');

/** How long `shutdown` waits for workers and status rows. */
const DEFAULT_TIMEOUT_MS = 30_000;
/** Bound at load time: a host's tests may later replace it by a fake clock. */
const nowMs = performance.now.bind(performance);

const REFUSALS = {
    'shutting down': {code: 'MANAGER_SHUTTING_DOWN', reason: 'the job manager is shutting down'},
    'shut down': {
        code: 'MANAGER_SHUT_DOWN',
        reason: 'the job manager has been shut down; create another with new JobManager() to run more jobs'
    }
};

/**
 * @typedef {object} Parts
 * @property {import('../inline/inline-jobs').InlineJobs} inline
 * @property {{warn: Function}} logger
 * @property {() => number} droppedRuns - runs that a shutdown ended before they began
 * @property {(timeoutMs: number, waiting: string) => Promise<{timedOut: boolean, survivors: object[]}>} stopWorkers - ends schedules and
 *   workers; `timedOut` when it had to kill some at the time limit, `survivors` are processes that could not be killed
 * @property {() => void} onShuttingDown - no jobs are accepted from now on
 * @property {() => void} onShutDown - everything has ended, or the time limit was reached
 * @property {() => {settled(): Promise<void>} | undefined} rows - the status rows in the host's database
 * @property {(timeoutMs: number) => Promise<void>} leaveCluster - gives what has not ended to other hosts
 */

class Lifecycle {
    #parts;
    /** @type {'open' | 'shutting down' | 'shut down'} */
    #state = 'open';
    /** The promise of the shutdown that is in progress or has succeeded. */
    #shutdown;

    /** @param {Parts} parts */
    constructor(parts) {
        this.#parts = parts;
    }

    get state() {
        return this.#state;
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
     * Shuts the manager down. A second call gets the result of the first; a call after a
     * first one that timed out waits for what is still running.
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
        const {inline, droppedRuns, onShuttingDown, onShutDown} = this.#parts;
        if (this.#state === 'open') {
            this.#state = 'shutting down';
            onShuttingDown();
        }
        if (waiting === 'drop') {
            this.#dropWaiting();
        }
        const droppedAtOnce = inline.dropped;
        // Inline jobs have a time limit only if `timeout` is given. Jobs that are still queued then are dropped.
        const cancel = callAfter(timeout, () => this.#dropWaiting());
        try {
            const {problems, survivors} = await this.#end(timeout, waiting);
            const late = inline.dropped - droppedAtOnce;
            if (late > 0) {
                problems.push(`Inline jobs that were still queued after ${timeout} ms were dropped: ${late}`);
            }
            if (problems.length > 0) {
                throw new TimeoutError(problems.join('. '), inline.dropped + droppedRuns());
            }
            checkStopped({survivors});
        } finally {
            cancel();
            this.#state = 'shut down';
            onShutDown();
        }
        const dropped = inline.dropped + droppedRuns();
        return waiting === 'drop' ? {dropped} : undefined;
    }

    /** Ends workers, inline jobs and row writes, each within its time limit. `problems` lists those that did not end. */
    async #end(timeout, waiting) {
        const {inline, logger, stopWorkers, rows, leaveCluster} = this.#parts;
        const startedMs = nowMs();
        const limitMs = timeout ?? DEFAULT_TIMEOUT_MS;
        const left = (ms) => ms && ms - (nowMs() - startedMs);
        const problems = [];
        const {timedOut, survivors} = await stopWorkers(limitMs, waiting);
        if (timedOut && survivors.length === 0) {
            problems.push(`Workers were still running after ${limitMs} ms and were killed`);
        }
        if (!inline.isIdle) {
            logger.warn('Waiting for busy job in inline job queue');
            if (await within(inline.idle(), left(timeout))) {
                logger.warn('Inline job queue finished');
            } else {
                // This timer may fire before the one that drops queued jobs.
                this.#dropWaiting();
                problems.push(`Inline jobs were still running after ${timeout} ms`);
            }
        }
        // Hosts close their database after `shutdown`.
        const repository = rows();
        if (repository && !(await within(rowsSettled(repository), left(limitMs)))) {
            problems.push(`Status rows of jobs were still being written after ${limitMs} ms`);
        }
        await leaveCluster(Math.max(0, left(limitMs)));
        return {problems, survivors};
    }

    #dropWaiting() {
        const {inline, logger} = this.#parts;
        const dropped = inline.close();
        if (dropped > 0) {
            logger.warn(`Shutdown dropped inline jobs that were queued and had not begun: ${dropped}`);
        }
    }
}

/** A one-off job that was being claimed is refused by now, and its row is written once more: hence the second wait. */
async function rowsSettled(repository) {
    await repository.settled();
    await new Promise(onNextTurn);
    await repository.settled();
}

module.exports = {Lifecycle};
