'use strict';

/**
 * One-off jobs: the claim on a row that lets a job run once, ever, and the wait for its outcome.
 */

const {EventEmitter} = require('node:events');
const {setTimeout: pause} = require('node:timers/promises');
const {exclusively} = require('./claim-lock');
const {incorrectUsage} = require('../host/errors');
const {OUTCOMES, columnOf, idOf, statusOf} = require('./row');

/** How often `outcome` reads a row that another process may write. */
const POLL_MS = 500;
/** A wait that has found no row so many times is reported: after five seconds. */
const WARN_AFTER_LOOKS = 10;

class OneOffJobs {
    #repository;
    #staleAfterMs;
    #report;
    #warn;
    #decided = new EventEmitter().setMaxListeners(0);
    /** Jobs that this manager has claimed and that have no outcome yet, each with the id of its row if known. */
    #claimed = new Map();
    /** Jobs whose missing row has been warned about. */
    #missing = new Set();

    /**
     * @param {() => import('./jobs-repository').JobsRepository | undefined} repository
     * @param {object} options
     * @param {number} [options.staleAfterMs]
     * @param {(error: Error, name: string) => void} options.report - called with errors that do not fail the claim
     * @param {(message: string) => void} options.warn
     */
    constructor(repository, {staleAfterMs, report, warn}) {
        this.#repository = repository;
        this.#staleAfterMs = staleAfterMs;
        this.#report = report;
        this.#warn = warn;
    }

    /**
     * Sets the status of the row to `queued`, if the job may be run.
     *
     * @param {string} name
     * @param {object} options
     * @param {() => void} options.check - throws when the job could not start: then nothing is written
     * @param {number} [options.staleAfterMs] - a row that a host left `queued` or `started` for so long
     *   counts as failed
     * @throws {IncorrectUsageError} when it has been run, or another host has just claimed it
     */
    async claim(name, {check, staleAfterMs = this.#staleAfterMs}) {
        const repository = this.#known(name);
        check();
        await repository.inOrder(name, async () => {
            const row = await repository.read(name);
            const claimed = row
                ? await this.#claimAgain(repository, row, {name, check, staleAfterMs})
                : await repository.add({name, status: 'queued'});
            if (!claimed) {
                throw alreadyExecuted(name);
            }
            this.#claimed.set(name, claimed);
        });
    }

    async #claimAgain(repository, row, {name, check, staleAfterMs}) {
        if (!this.#isFree(name, row, staleAfterMs)) {
            return undefined;
        }
        // An earlier claim in this process may have succeeded, and its job may be running.
        check();
        if (!repository.canRemove) {
            return this.#queueAgain(repository, name, row);
        }
        return this.#locked(repository, name, async () => {
            // The lock may have come after another host's claim.
            const current = await repository.read(name);
            if (!current || !this.#isFree(name, current, staleAfterMs)) {
                return undefined;
            }
            return this.#queueAgain(repository, name, current);
        });
    }

    /**
     * Claims the row of a job that has not ended and of which no host has a run. The row may look the same after the claim as before it:
     * other hosts are kept away until there is a run.
     *
     * @param {string} name
     * @param {object} lost
     * @param {string} lost.status - which the row still must have
     * @param {() => Promise<boolean>} lost.isStillLost - asked when no other host can claim the row any more
     * @param {() => Promise<void>} lost.run - called before another host can
     * @returns {Promise<boolean>} whether this host has claimed it
     */
    claimLost(name, {status, isStillLost, run}) {
        const repository = this.#known(name);
        const work = async () => {
            const row = await repository.read(name);
            if (!row || statusOf(row) !== status || !(await isStillLost())) {
                return false;
            }
            this.#claimed.set(name, await this.#queueAgain(repository, name, row));
            await run();
            return true;
        };
        return repository.inOrder(name, async () =>
            repository.canRemove ? (await this.#locked(repository, name, work)) === true : work()
        );
    }

    #locked(repository, name, work) {
        return exclusively(repository, name, work, {onLeft: (error) => this.#report(error, name)});
    }

    async #queueAgain(repository, name, row) {
        const id = idOf(row);
        await repository.update(name, id, {status: 'queued'});
        return {id};
    }

    #isFree(name, row, staleAfterMs) {
        const status = statusOf(row);
        const isLeft = () => !this.#claimed.has(name) && isStale(row, staleAfterMs);
        return status === 'failed' || (!OUTCOMES.has(status) && isLeft());
    }

    /**
     * A run of a job that any host may have claimed begins on this one: its row is written here.
     *
     * @param {string} name
     * @returns {Promise<string | undefined>} the status of the row
     */
    async taken(name) {
        const row = await this.#known(name).read(name);
        if (row) {
            this.#claimed.set(name, {id: idOf(row)});
        }
        return row ? statusOf(row) : undefined;
    }

    /** @returns {Promise<string | undefined>} the status of the row of a job, if it has one */
    async statusOf(name) {
        const row = await this.#known(name).read(name);
        return row ? statusOf(row) : undefined;
    }

    /**
     * A run of a job that was begun waits for another host.
     *
     * @param {string} name
     * @param {() => Promise<boolean>} mayWrite - whether this host still has the run
     */
    async queuedAgain(name, mayWrite) {
        const repository = this.#known(name);
        await repository.inOrder(name, async () => {
            if (await mayWrite()) {
                await repository.updateByName(name, {status: 'queued'}, this.#claimed.get(name));
            }
        });
    }

    /** @returns {Promise<void>} resolved after everything that is queued for the row of a job now */
    written(name) {
        return this.#known(name).inOrder(name, async () => {});
    }

    /** @returns {{id: unknown} | undefined} the row of a job that this manager has claimed */
    claimOf(name) {
        return this.#claimed.get(name);
    }

    /** The outcome of a job has been written to its row, or writing it has failed for good. */
    decided(name) {
        this.#claimed.delete(name);
        this.#missing.delete(name);
        this.#decided.emit(eventOf(name));
    }

    /**
     * @param {string} name
     * @returns {Promise<object>} the row, once it is finished or failed
     * @throws {IncorrectUsageError} without a JobModel; or the error of the database, after all retries
     */
    async outcome(name) {
        const repository = this.#known(name);
        let sleep;
        const wake = () => sleep.abort();
        this.#decided.on(eventOf(name), wake);
        try {
            for (let looks = 1; ; looks++) {
                // Created before the read, so that an outcome written during it is not missed.
                sleep = new AbortController();
                const row = await repository.read(name);
                if (row && OUTCOMES.has(statusOf(row))) {
                    return row;
                }
                if (!row && looks === WARN_AFTER_LOOKS) {
                    this.#warnOfMissing(name);
                }
                await pause(POLL_MS, undefined, {signal: sleep.signal}).catch(() => {});
            }
        } finally {
            this.#decided.off(eventOf(name), wake);
        }
    }

    /** Once for each name, until the job has been added and has ended. */
    #warnOfMissing(name) {
        if (this.#missing.has(name)) {
            return;
        }
        this.#missing.add(name);
        this.#warn(
            `awaitOneOffCompletion("${name}") has been pending for ${(WARN_AFTER_LOOKS * POLL_MS) / 1000} s and the ` +
                `JobModel has no row of that name. Add the job with addOneOffJob, with the same name.`
        );
    }

    #known(name) {
        const repository = this.#repository();
        if (!repository) {
            throw incorrectUsage({
                message: `The one off job "${name}" needs a JobModel to store its status: pass one as the option "JobModel" of new JobManager().`,
                code: 'JOB_MODEL_MISSING'
            });
        }
        return repository;
    }
}

/** The prefix keeps job names apart from events with a meaning to EventEmitter, such as "error". */
const eventOf = (name) => `decided ${name}`;

function isStale(row, staleAfterMs) {
    if (staleAfterMs === undefined || OUTCOMES.has(statusOf(row))) {
        return false;
    }
    const since = ['started_at', 'updated_at', 'created_at']
        .map((column) => columnOf(row, column))
        .filter((value) => value !== null && value !== undefined)
        .map((value) => new Date(value).getTime())
        .filter((ms) => !Number.isNaN(ms));
    return since.length > 0 && Date.now() - Math.max(...since) >= staleAfterMs;
}

function alreadyExecuted(name) {
    return incorrectUsage({
        message: `A "${name}" one off job has already been executed.`,
        code: 'JOB_ALREADY_EXECUTED'
    });
}

module.exports = {OneOffJobs};
