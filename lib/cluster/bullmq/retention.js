'use strict';

/** How long ids of slots and runs are kept: longer than clocks differ and hosts stand still. */
const KEPT = {
    completed: {age: 60 * 60, count: 100_000},
    failed: {age: 7 * 24 * 60 * 60, count: 10_000}
};
/** A host looks for what is beyond the count after so many runs. */
const TRIM_PERIOD_RUNS = 5_000;

/**
 * What the queue keeps of runs that have ended. On PostgreSQL, BullMQ (6.7) reads all that it keeps at the end of each run, if their
 * number is limited: a run is the slower the more have ended. There it is given the age alone, and hosts see to the number.
 */
class Retention {
    #queue;
    #isPostgres;
    #trying;
    #endedRuns = 0;

    /**
     * @param {object} parts
     * @param {object} parts.queue - a Queue
     * @param {boolean} parts.isPostgres
     * @param {(call: () => Promise<void>) => Promise<void>} parts.trying
     */
    constructor({queue, isPostgres, trying}) {
        this.#queue = queue;
        this.#isPostgres = isPostgres;
        this.#trying = trying;
    }

    /** @returns {{removeOnComplete: object, removeOnFail: object}} options of what is added to the queue */
    get options() {
        const {completed, failed} = KEPT;
        return this.#isPostgres
            ? {removeOnComplete: {age: completed.age}, removeOnFail: {age: failed.age}}
            : {removeOnComplete: completed, removeOnFail: failed};
    }

    /** A run of this host has ended. */
    runEnded() {
        this.#endedRuns += 1;
        if (this.#isPostgres && this.#endedRuns % TRIM_PERIOD_RUNS === 0) {
            void this.#trying(() => this.#trim());
        }
    }

    async #trim() {
        for (const [state, {count}] of Object.entries(KEPT)) {
            const [beyond] = await this.#queue.getJobs([state], count, count);
            if (beyond !== undefined) {
                await this.#queue.clean(Date.now() - beyond.finishedOn, 0, state);
            }
        }
    }
}

module.exports = {KEPT, Retention, TRIM_PERIOD_RUNS};
