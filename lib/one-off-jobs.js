'use strict';

/**
 * One-off jobs: the claim on a row that lets a job run once, ever, and the wait for its outcome.
 */

const {EventEmitter, once} = require('node:events');
const {setTimeout: pause} = require('node:timers/promises');
const {incorrectUsage} = require('./errors');

/** How often `outcome` reads a row that another process may write. */
const POLL_MS = 500;
const OUTCOMES = new Set(['finished', 'failed']);
/** What databases say of a second row with the same unique key: SQLite, MySQL and MariaDB, PostgreSQL. */
const UNIQUE_VIOLATION = /^(SQLITE_CONSTRAINT|ER_DUP_ENTRY|23505)/;

class OneOffJobs {
    #repository;
    #staleAfterMs;
    #written = new EventEmitter().setMaxListeners(0);

    /**
     * @param {() => import('./jobs-repository').JobsRepository | undefined} repository
     * @param {{staleAfterMs?: number}} [options]
     */
    constructor(repository, {staleAfterMs} = {}) {
        this.#repository = repository;
        this.#staleAfterMs = staleAfterMs;
    }

    /**
     * Makes the row say `queued`, if the job may be run.
     *
     * @param {string} name
     * @param {object} options
     * @param {() => void} options.check - throws when the job could not start: then nothing is written
     * @param {number} [options.staleAfterMs] - a row that a host left `queued` or `started` for so long
     *   counts as failed
     * @throws {IncorrectUsageError} when it has been run, or another host has just claimed it
     */
    async claim(name, {check, staleAfterMs = this.#staleAfterMs}) {
        const repository = this.#repository();
        if (!repository) {
            throw incorrectUsage({
                message: `The one off job "${name}" needs a JobModel to keep its state in: pass one to the constructor of JobManager.`
            });
        }
        check();
        await repository.inOrder(name, async () => {
            const row = await repository.read(name);
            if (!row) {
                await this.#addRow(repository, name);
            } else if (row.get('status') === 'failed' || isStale(row, staleAfterMs)) {
                // Another claim of this process may have come first, and its job may be running.
                check();
                await repository.update(row.id, {status: 'queued'});
            } else {
                throw alreadyExecuted(name);
            }
        });
    }

    async #addRow(repository, name) {
        try {
            await repository.add({name, status: 'queued'});
        } catch (error) {
            throw isUniqueViolation(error) ? alreadyExecuted(name) : error;
        }
    }

    /** This process has written a status of the job. */
    written(name) {
        this.#written.emit(name);
    }

    /**
     * @param {string} name
     * @returns {Promise<object>} the row, once it is finished or failed
     */
    async outcome(name) {
        for (;;) {
            const abort = new AbortController();
            // Listening before the look, so that a status written meanwhile is not missed.
            const written = once(this.#written, name, {signal: abort.signal}).catch(() => {});
            const row = await this.#repository()?.read(name);
            if (row && OUTCOMES.has(row.get('status'))) {
                abort.abort();
                return row;
            }
            await Promise.race([written, pause(POLL_MS, undefined, {signal: abort.signal}).catch(() => {})]);
            abort.abort();
        }
    }
}

function isStale(row, staleAfterMs) {
    if (staleAfterMs === undefined) {
        return false;
    }
    const since = [row.get('started_at'), row.get('updated_at'), row.get('created_at')]
        .filter((value) => value !== null && value !== undefined)
        .map((value) => new Date(value).getTime())
        .filter((ms) => !Number.isNaN(ms));
    return (
        !OUTCOMES.has(row.get('status')) &&
        since.length > 0 &&
        Date.now() - Math.max(...since) >= staleAfterMs
    );
}

function isUniqueViolation(error) {
    return [error?.code, error?.errno, error?.cause?.code].some(
        (code) => UNIQUE_VIOLATION.test(String(code)) || code === 1062
    );
}

function alreadyExecuted(name) {
    return incorrectUsage({
        message: `A "${name}" one off job has already been executed.`,
        code: 'JOB_ALREADY_EXECUTED'
    });
}

module.exports = {OneOffJobs};
