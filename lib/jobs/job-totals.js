'use strict';

/** How many runs ended in which way, and when the last of them did. */
class RunTotals {
    completed = 0;
    failed = 0;
    cancelled = 0;
    /** Attempts that failed and were followed by another one, or were to be. */
    retries = 0;
    lastSuccessMs;
    lastFailureMs;

    /** @param {'completed' | 'failed' | 'cancelled'} state @param {number} atMs - when the run ended */
    count(state, atMs) {
        this[state] += 1;
        if (state === 'completed') {
            this.lastSuccessMs = atMs;
        } else if (state === 'failed') {
            this.lastFailureMs = atMs;
        }
    }
}

/** What has become of the runs of a job since it was registered. */
class JobTotals extends RunTotals {
    /** Its last run that has ended, if that is kept. @type {{endedMs: number, info: () => object} | undefined} */
    last;

    /** @param {{state: 'completed' | 'failed' | 'cancelled', endedMs: number}} run - that has ended */
    add(run) {
        this.count(run.state, run.endedMs);
        this.last = run;
    }
}

module.exports = {JobTotals, RunTotals};
