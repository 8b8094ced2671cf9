'use strict';

const {clearInterval, setInterval} = require('node:timers');

/** At most four reports of a run's progress a second are sent; the last always is, unless the run has ended. */
const PAUSE_MS = 250;
const nowMs = performance.now.bind(performance);

class ProgressPace {
    #send;
    /** By the id of the run: when it was last told of, and what it has reported since. */
    #runs = new Map();
    #timer;

    /** @param {(event: object) => void} send */
    constructor(send) {
        this.#send = send;
    }

    /** @param {{runId: string}} event */
    take(event) {
        const run = this.#runs.get(event.runId);
        if (run !== undefined && nowMs() - run.sentMs < PAUSE_MS) {
            run.latest = event;
            return;
        }
        this.#runs.set(event.runId, {sentMs: nowMs(), latest: undefined});
        this.#send(event);
        this.#timer ??= setInterval(() => this.#flush(), PAUSE_MS).unref();
    }

    /** @param {string} id - of a run */
    ended(id) {
        this.#runs.delete(id);
    }

    clear() {
        clearInterval(this.#timer);
        this.#timer = undefined;
        this.#runs.clear();
    }

    #flush() {
        for (const [id, {sentMs, latest}] of this.#runs) {
            if (nowMs() - sentMs < PAUSE_MS) {
                continue;
            }
            this.#runs.delete(id);
            if (latest !== undefined) {
                this.take(latest);
            }
        }
        if (this.#runs.size === 0) {
            this.clear();
        }
    }
}

module.exports = {ProgressPace};
