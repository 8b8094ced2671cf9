'use strict';

/** What has become of the runs of a job since it was registered. */
class JobTotals {
    completed = 0;
    failed = 0;
    cancelled = 0;
    /** Attempts after the first. */
    retries = 0;
    lastSuccessMs;
    lastFailureMs;
    /** Its last run that has ended, if that is kept. @type {{endedMs: number, info: () => object} | undefined} */
    last;

    /** @param {{state: 'completed' | 'failed' | 'cancelled', attempt: number, endedMs: number}} run - that has ended */
    add(run) {
        const {state, attempt, endedMs} = run;
        this[state] += 1;
        this.retries += attempt - 1;
        if (state === 'completed') {
            this.lastSuccessMs = endedMs;
        } else if (state === 'failed') {
            this.lastFailureMs = endedMs;
        }
        this.last = run;
    }
}

module.exports = {JobTotals};
