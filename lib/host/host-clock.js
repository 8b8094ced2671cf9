'use strict';

/**
 * Schedules jobs on the host's timers while those are fake: a host's tests replace `setTimeout` and `Date`, tick, and
 * expect jobs to start. The native side still computes due times; only the waiting happens here.
 */

const {isFake} = require('./fake-timer');

const nodeSetTimeout = isFake(globalThis.setTimeout) ? undefined : globalThis.setTimeout;
/** Timers of JavaScript cannot wait longer. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** @returns {boolean} whether `setTimeout` has been replaced */
function isReplaced() {
    return globalThis.setTimeout !== nodeSetTimeout;
}

class HostClock {
    #timers = new Map();
    #isUnref;

    /** @param {boolean} [isUnref] - see `setUnref` */
    constructor(isUnref = false) {
        this.#isUnref = isUnref;
    }

    /**
     * A `setTimeout` that was replaced need not be fake: it may make timers that keep the process alive.
     *
     * @param {boolean} isUnref - whether timers of which `arm` was told nothing else do not
     */
    setUnref(isUnref) {
        this.#isUnref = isUnref;
        for (const {id, isUnref: isOwn} of this.#timers.values()) {
            id?.[(isOwn ?? isUnref) ? 'unref' : 'ref']?.();
        }
    }

    /**
     * @param {{name: string, isUnref?: boolean}} job - `isUnref`: whether its timer does not keep the process alive
     * @param {number | undefined} dueMs - its first due time; undefined if it has none
     * @param {() => void} fall - called when the job is due
     * @param {(afterMs: number) => number | undefined} [nextDue] - the due time after an instant, only for a job that is
     *   due more than once: on a clock that does not advance, a job that is due now would be due again and again
     */
    arm(job, dueMs, fall, nextDue = () => undefined) {
        if (dueMs !== undefined) {
            this.#wait(job, dueMs, nextDue, fall);
        }
    }

    /** @returns {boolean} whether a timer for the job is set */
    has(name) {
        return this.#timers.has(name);
    }

    /** @returns {boolean} whether a timer for the job was set */
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

    #wait(job, dueMs, nextDue, fall) {
        const {name, isUnref} = job;
        const waitMs = Math.min(Math.max(0, dueMs - Date.now()), LONGEST_TIMEOUT_MS);
        const onTime = () => {
            this.#timers.delete(name);
            if (Date.now() < dueMs) {
                this.#wait(job, dueMs, nextDue, fall);
                return;
            }
            const nextMs = nextDue(Math.max(dueMs, Date.now()));
            if (nextMs !== undefined) {
                this.#wait(job, nextMs, nextDue, fall);
            }
            fall();
        };
        const id = globalThis.setTimeout(onTime, waitMs);
        if (isUnref ?? this.#isUnref) {
            id?.unref?.();
        }
        // Keep the `clearTimeout` that belongs to this `setTimeout`: the fake clock may be uninstalled before the timer is cleared.
        this.#timers.set(name, {id, clear: globalThis.clearTimeout, isUnref});
    }
}

module.exports = {HostClock, isReplaced};
