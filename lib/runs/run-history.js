'use strict';

/**
 * @typedef {object} EndedRun
 * @property {number} number
 * @property {string} name - the job
 * @property {number} endedMs
 */

/** How many ended runs are kept, and for how long, if the host does not say. */
const DEFAULTS = Object.freeze({perJob: 20, total: 10_000, maxAge: 7 * 24 * 60 * 60 * 1000});

/**
 * Runs that have ended, as many of them as are to be kept. If there are too many in all, the job whose last run is the
 * longest ago loses its runs but for the last one, and then that.
 */
class RunHistory {
    #limits;
    /** By job, the job whose last run is the longest ago first; each from the oldest run to the newest. @type {Map<string, EndedRun[]>} */
    #jobs = new Map();
    /** The job at the end of `#jobs`. */
    #latest;
    /** @type {Map<number, EndedRun>} */
    #runs = new Map();
    #dropped = 0;
    #onForgotten;

    /**
     * @param {{perJob?: number, total?: number, maxAge?: number}} [limits]
     * @param {(run: EndedRun) => void} [onForgotten] - called for each run that is not kept, or not any longer
     */
    constructor(limits = {}, onForgotten = () => {}) {
        this.#onForgotten = onForgotten;
        this.#limits = {...DEFAULTS, ...limits};
    }

    /** How many are kept. */
    get size() {
        return this.#runs.size;
    }

    /** How many were given up for want of room in all, rather than by age or the limit of their job. */
    get dropped() {
        return this.#dropped;
    }

    /**
     * A run has ended.
     *
     * @param {EndedRun} run
     * @param {number} [limit] - of its job
     */
    add(run, limit = this.#limits.perJob) {
        if (limit < 1 || this.#limits.total < 1) {
            this.#onForgotten(run);
            return;
        }
        const runs = this.#ofJob(run.name);
        runs.push(run);
        this.#runs.set(run.number, run);
        while (runs.length > limit || this.#isOld(runs[0], run.endedMs)) {
            this.#forget(runs.shift());
        }
        while (this.#runs.size > this.#limits.total) {
            this.#makeRoom();
        }
    }

    /** @returns {EndedRun | undefined} */
    get(number) {
        const run = this.#runs.get(number);
        return run && !this.#isOld(run, Date.now()) ? run : undefined;
    }

    /** @returns {EndedRun[]} from the last that was queued to the first */
    list({job} = {}) {
        const nowMs = Date.now();
        const runs = job === undefined ? [...this.#runs.values()] : [...(this.#jobs.get(job) ?? [])];
        return runs
            .filter((run) => !this.#isOld(run, nowMs))
            .toSorted((one, other) => other.number - one.number);
    }

    #ofJob(name) {
        let runs = this.#jobs.get(name);
        if (runs === undefined || this.#latest !== name) {
            runs ??= [];
            this.#jobs.delete(name);
            this.#jobs.set(name, runs);
            this.#latest = name;
        }
        return runs;
    }

    #forget(run) {
        this.#runs.delete(run.number);
        this.#onForgotten(run);
    }

    #isOld(run, nowMs) {
        return nowMs - run.endedMs > this.#limits.maxAge;
    }

    #makeRoom() {
        const [[name, runs]] = this.#jobs;
        const isOne = runs.length === 1;
        for (const run of isOne ? runs : runs.splice(0, runs.length - 1)) {
            this.#forget(run);
            this.#dropped += 1;
        }
        if (isOne) {
            this.#jobs.delete(name);
        }
    }
}

module.exports = {DEFAULTS, RunHistory};
