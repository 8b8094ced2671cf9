'use strict';

/** Earlier attempts that the error of a run tells of. */
const MOST_LISTED = 10;

/**
 * @typedef {object} Failure - a failed attempt that another may follow
 * @property {string} name - the job
 * @property {number} attempt
 * @property {number} attempts - tries in all
 * @property {string} cause
 * @property {unknown} error
 * @property {number} atMs
 * @property {object} [worker] - as handlers of the host are given it
 * @property {import('../host/job-scope').JobScope} [scope]
 */

/**
 * @typedef {object} FailedAttempt - what is kept of it
 * @property {number} attempt
 * @property {number} [thread]
 * @property {number} startedMs
 * @property {number} endedMs
 * @property {string} cause
 * @property {string} message
 */

/** Runs of which an attempt has failed, until they end. */
class FailedAttempts {
    /** @type {Map<number, {last: Failure, firstMs: number, failures: FailedAttempt[]}>} */
    #runs = new Map();

    /**
     * @param {number} run
     * @param {Failure} failure
     * @param {number} startedMs - when the attempt began
     */
    add(run, failure, startedMs) {
        const known = this.#runs.get(run) ?? {firstMs: startedMs, failures: []};
        const {attempt, cause, error, atMs, worker} = failure;
        const message = messageOf(error);
        known.last = failure;
        known.failures.push({attempt, thread: worker?.threadId, startedMs, endedMs: atMs, cause, message});
        // One more: the last one is not listed where it is the end of the run.
        known.failures = known.failures.slice(-MOST_LISTED - 1);
        this.#runs.set(run, known);
        return known;
    }

    get(run) {
        return this.#runs.get(run);
    }

    /** The run has ended. */
    take(run) {
        const known = this.#runs.get(run);
        this.#runs.delete(run);
        return known;
    }
}

/**
 * Adds the earlier attempts of its run to an error, unless there were none or it takes no property.
 *
 * @param {unknown} error
 * @param {FailedAttempt[]} [failures]
 */
function addAttempts(error, failures = []) {
    if (failures.length === 0 || typeof error !== 'object' || error === null) {
        return;
    }
    try {
        error.attempts = failures
            .slice(-MOST_LISTED)
            .map(({attempt, cause, message, endedMs}) => ({attempt, cause, message, at: new Date(endedMs)}));
    } catch {
        // Frozen, or with a setter that throws.
    }
}

function messageOf(error) {
    try {
        return String(error?.message ?? error);
    } catch {
        return 'an error whose message cannot be read';
    }
}

/** A wait as people say it: "250 ms", "4 s", "2.5 s", "10 min". */
function inWords(ms) {
    if (ms < 1_000) {
        return `${Math.round(ms)} ms`;
    }
    const [length, unit] = ms < 120_000 ? [ms / 1_000, 's'] : [ms / 60_000, 'min'];
    return `${Math.round(length * 10) / 10} ${unit}`;
}

/** What is logged of a failed attempt that another one follows. */
function retryLine({name, attempt, attempts, error}, pauseMs) {
    const wait = inWords(Math.max(0, pauseMs));
    return `Job "${name}" failed (attempt ${attempt} of ${attempts}), next attempt in ${wait}: ${messageOf(error)}`;
}

module.exports = {FailedAttempts, addAttempts, retryLine};
