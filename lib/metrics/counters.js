'use strict';

/** What `metrics()` counts on this side. Moved by events only; nothing here is read but by `metrics()`. */

const {Histogram} = require('./histogram');
const {JobCounters} = require('./job-counters');

const DEFAULTS = Object.freeze({maxJobs: 200, prefix: 'job_manager_'});
/** The label of the jobs that have none of their own. */
const OTHER = '_other';
/** Of `start_delay_seconds`; the native side has the same for runs in processes. */
const START_DELAY_BOUNDS_MS = Object.freeze([1, 2.5, 5, 10, 25, 50, 100, 250, 1_000, 5_000, 30_000]);

class Counters {
    #logger;
    #maxJobs;
    /** By name: jobs that have a label of their own. @type {Map<string, JobCounters>} */
    #jobs = new Map();
    /** Of all other jobs together; made for the first of them. @type {JobCounters | undefined} */
    #other;
    /** Of functions on this event loop. */
    startDelays = new Histogram(START_DELAY_BOUNDS_MS);
    checkInFailures = 0;

    /**
     * @param {{maxJobs?: number}} [options] - `metrics` of the manager
     * @param {object} logger
     */
    constructor({maxJobs = DEFAULTS.maxJobs} = {}, logger) {
        this.#maxJobs = maxJobs;
        this.#logger = logger;
    }

    /** Jobs with a label of their own, by name. @returns {ReadonlyMap<string, JobCounters>} */
    get jobs() {
        return this.#jobs;
    }

    /** Those without, together. @returns {JobCounters | undefined} */
    get other() {
        return this.#other;
    }

    /**
     * The event 'runEnded'.
     *
     * @param {object} event
     * @param {{state: 'completed' | 'failed' | 'cancelled', cause: string}} outcome
     * @param {object[]} [failures] - its attempts that were reported as failed
     */
    ended(event, {state, cause}, failures) {
        const isNew = failures === undefined || failures.at(-1).attempt < event.attempt;
        this.#of(event.name).ended(state, cause, event, isNew);
    }

    /** The event 'attemptFailed': another attempt follows. */
    attemptFailed({name, ending}) {
        const counters = this.#of(name);
        counters.retries += 1;
        counters.used(ending);
    }

    /** The event 'skipped'. */
    skipped({name, reason, count}) {
        this.#of(name).skipped[reason] += count;
    }

    /** A function is called for the first attempt of a run, which could have begun at that time. */
    inlineBegun(wantedMs) {
        this.startDelays.observe(Math.max(0, Date.now() - wantedMs));
    }

    /**
     * Gives labels to registered jobs, so that there are series of those that have not run yet. Jobs that are not
     * registered any more lose theirs if others want one.
     *
     * @param {Iterable<string>} names - of registered jobs, the oldest registration first
     * @param {(name: string) => boolean} isRegistered
     * @param {(name: string) => {state: string, endedMs: number} | undefined} lastKept - the last run of a job in the store
     */
    label(names, isRegistered, lastKept) {
        let mayForget = true;
        for (const name of names) {
            if (this.#jobs.size >= this.#maxJobs && mayForget && !this.#jobs.has(name)) {
                this.#forgetUnregistered(isRegistered);
                mayForget = false;
            }
            const isKnown = this.#jobs.has(name);
            const counters = this.#of(name);
            if (counters === this.#other && name !== OTHER) {
                return;
            }
            const kept = isKnown ? undefined : lastKept(name);
            if (kept !== undefined) {
                counters.goOn(kept);
            }
        }
    }

    #forgetUnregistered(isRegistered) {
        for (const name of this.#jobs.keys()) {
            if (!isRegistered(name)) {
                this.#jobs.delete(name);
            }
        }
    }

    #of(name) {
        return this.#jobs.get(name) ?? this.#add(name);
    }

    #add(name) {
        if (name !== OTHER && this.#jobs.size < this.#maxJobs) {
            const counters = new JobCounters();
            this.#jobs.set(name, counters);
            return counters;
        }
        if (this.#other === undefined) {
            this.#other = new JobCounters();
            this.#logger.warn(
                `metrics() counts job "${name}", and jobs after it, as job_name="${OTHER}": there are more jobs than ` +
                    `metrics.maxJobs = ${this.#maxJobs}, the most that have a label of their own. Raise that option of the ` +
                    `JobManager if your Prometheus server may keep about 30 series for each job`
            );
        }
        return this.#other;
    }
}

module.exports = {Counters, DEFAULTS, OTHER};
