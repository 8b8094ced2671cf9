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

/** Runs of which an attempt has failed, until they end. */
class FailedAttempts {
    /** @type {Map<number, {last: Failure, firstMs: number, listed: object[]}>} */
    #runs = new Map();

    /**
     * @param {number} run
     * @param {Failure} failure
     * @param {number} startedMs - when the attempt began
     */
    add(run, failure, startedMs) {
        const known = this.#runs.get(run) ?? {firstMs: startedMs, listed: []};
        const {attempt, cause, error, atMs} = failure;
        known.last = failure;
        known.listed.push({attempt, cause, message: messageOf(error), at: new Date(atMs)});
        // One more: the last one is not listed where it is the end of the run.
        known.listed = known.listed.slice(-MOST_LISTED - 1);
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
 * @param {object[]} [listed]
 */
function addAttempts(error, listed = []) {
    if (listed.length === 0 || typeof error !== 'object' || error === null) {
        return;
    }
    try {
        error.attempts = listed.slice(-MOST_LISTED);
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
