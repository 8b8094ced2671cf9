'use strict';

const {RunTotals} = require('../jobs/job-totals');
const {Histogram} = require('./histogram');

/** Of `run_duration_seconds`. */
const DURATION_BOUNDS_MS = Object.freeze(
    [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 14_400].map((seconds) => seconds * 1_000)
);

/** What is counted of the runs of one job, whatever becomes of its registration: a counter must not go down. */
class JobCounters extends RunTotals {
    /** Runs that failed, by cause. @type {Map<string, number>} */
    causes = new Map();
    /** Of last attempts. */
    durations = new Histogram(DURATION_BOUNDS_MS);
    cpuMs = 0;
    /** Of the last run in a process of its own. @type {number | undefined} */
    peakMemoryBytes;
    /** When its last run ended. @type {number | undefined} */
    lastMs;
    skipped = {overlap: 0, missed: 0, paused: 0};

    /**
     * @param {'completed' | 'failed' | 'cancelled'} state
     * @param {string} cause
     * @param {object} event - 'runEnded'
     * @param {boolean} isNew - whether its last attempt has not been reported as failed
     */
    ended(state, cause, {startedMs, atMs, ending}, isNew) {
        this.count(state, atMs);
        this.lastMs = atMs;
        if (state === 'failed') {
            this.causes.set(cause, (this.causes.get(cause) ?? 0) + 1);
        }
        if (startedMs !== undefined) {
            this.durations.observe(ending.elapsedMs);
        }
        if (startedMs !== undefined && isNew) {
            this.used(ending);
        }
    }

    /**
     * What an earlier host has left: when its last run ended. Nothing is counted.
     *
     * @param {{state: 'completed' | 'failed' | 'cancelled', endedMs: number}} run
     */
    goOn({state, endedMs}) {
        this.lastMs ??= endedMs;
        if (state === 'completed') {
            this.lastSuccessMs ??= endedMs;
        } else if (state === 'failed') {
            this.lastFailureMs ??= endedMs;
        }
    }

    /** @param {{cpuMs: number, peakMemoryBytes: number}} ending - of an attempt */
    used({cpuMs, peakMemoryBytes}) {
        this.cpuMs += cpuMs;
        if (peakMemoryBytes > 0) {
            this.peakMemoryBytes = peakMemoryBytes;
        }
    }
}

module.exports = {JobCounters};
