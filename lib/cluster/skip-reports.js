'use strict';

/** A manager reports skipped due times of a job once a second at most; what comes faster is reported together. */
const PERIOD_MS = 1_100;

/** Collects the slots that nobody runs, for one report of each job. */
class SkipReports {
    #link;
    #waiting = new Map();

    /** @param {{skip: (name: string, dueMs: number, reason: string, count: number) => void}} link */
    constructor(link) {
        this.#link = link;
    }

    /** @param {'overlap' | 'missed'} reason */
    add(name, dueMs, reason) {
        const key = `${reason} ${name}`;
        const known = this.#waiting.get(key);
        if (known === undefined) {
            const send = () => this.#send(key);
            this.#waiting.set(key, {name, reason, dueMs, count: 1, timer: setTimeout(send, PERIOD_MS)});
        } else {
            known.dueMs = Math.min(known.dueMs, dueMs);
            known.count += 1;
        }
    }

    /** Sends what waits. */
    flush() {
        for (const key of this.#waiting.keys()) {
            this.#send(key);
        }
    }

    #send(key) {
        const {name, dueMs, reason, count, timer} = this.#waiting.get(key);
        clearTimeout(timer);
        this.#waiting.delete(key);
        try {
            this.#link.skip(name, dueMs, reason, count);
        } catch {
            // The manager is gone.
        }
    }
}

module.exports = {SkipReports};
