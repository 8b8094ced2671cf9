'use strict';

/**
 * Schedules on the host's own timers, for as long as those are not Node's: tests of hosts replace
 * `setTimeout` and `Date`, tick, and expect jobs to start. When a job is next due is still decided
 * natively; only the waiting happens here.
 */

const {isFake} = require('./fake-timer');

const nodeSetTimeout = isFake(globalThis.setTimeout) ? undefined : globalThis.setTimeout;
/** Timers of JavaScript cannot wait longer. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** @returns {boolean} is `setTimeout` another one than Node's? */
function isReplaced() {
    return globalThis.setTimeout !== nodeSetTimeout;
}

class HostClock {
    #timers = new Map();

    /**
     * @param {string} name - the job
     * @param {number | undefined} dueMs - its first due time; none if it has none
     * @param {(name: string) => void} fall - the job is due
     * @param {(afterMs: number) => number | undefined} [nextDue] - the due time after an instant, for a job that is due
     *   more than once. On a clock that stands still a job that is due now stays so: once must be once
     */
    arm(name, dueMs, fall, nextDue = () => undefined) {
        if (dueMs !== undefined) {
            this.#wait(name, dueMs, nextDue, fall);
        }
    }

    /** @returns {boolean} does a due time of the job wait here? */
    has(name) {
        return this.#timers.has(name);
    }

    /** @returns {boolean} did a due time of the job wait here? */
    disarm(name) {
        const timer = this.#timers.get(name);
        if (timer !== undefined) {
            timer.clear(timer.id);
        }
        return this.#timers.delete(name);
    }

    /** Disarms everything. */
    clear() {
        [...this.#timers.keys()].forEach((name) => this.disarm(name));
    }

    #wait(name, dueMs, nextDue, fall) {
        const waitMs = Math.min(Math.max(0, dueMs - Date.now()), LONGEST_TIMEOUT_MS);
        const onTime = () => {
            this.#timers.delete(name);
            if (Date.now() < dueMs) {
                this.#wait(name, dueMs, nextDue, fall);
                return;
            }
            const nextMs = nextDue(Math.max(dueMs, Date.now()));
            if (nextMs !== undefined) {
                this.#wait(name, nextMs, nextDue, fall);
            }
            fall(name);
        };
        // The pair that is in force now: a fake clock may be gone when the timer has to be cleared.
        this.#timers.set(name, {id: globalThis.setTimeout(onTime, waitMs), clear: globalThis.clearTimeout});
    }
}

module.exports = {HostClock, isReplaced};
