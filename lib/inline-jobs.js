'use strict';

/**
 * Inline jobs: functions called in order on the host's event loop, a few at once. Order and
 * concurrency are decided natively; the functions stay here.
 */

const {within} = require('./deadline');
const {onNextTurn} = require('./next-turn');

/** Jobs begun in one turn of the event loop, before timers and I/O of the host get theirs; fewer when they are slow. */
const JOBS_PER_TURN = 256;
const MS_PER_TURN = 5;
/** Taken now: a host may replace it by a clock that stands still. */
const nowMs = performance.now.bind(performance);
/** The array is cut when this many at its front are done with. */
const COMPACT_AT = 1024;

class InlineJobs {
    #native;
    #tasks = [];
    #first = 0;
    #ended = 0;
    #begunThisTurn = 0;
    #turnStartedMs = 0;
    #isDrainQueued = false;
    #isPaused = false;
    #settled = [];

    /** @param {import('./binding').NativeManager} native */
    constructor(native) {
        this.#native = native;
    }

    /** What hosts see as `inlineQueue`. */
    get window() {
        return {
            length: () => this.#native.inlineWaiting(),
            idle: () => this.#native.inlineIdle()
        };
    }

    /**
     * Puts a job at the end of the queue.
     *
     * @param {() => Promise<{error: any} | undefined>} task - runs the job; resolves with
     *   undefined or, when it threw, `{error}`; never rejects
     */
    add(task) {
        this.#tasks.push(task);
        this.#native.inlineSubmit();
        // A microtask rather than a wake-up from outside: a host that waits one millisecond by a timer
        // that is due already would otherwise look before the job has begun.
        this.#queueDrain();
    }

    /** @returns {Promise<void>} when no job waits or runs; rejects then with the first error meanwhile */
    allSettled() {
        if (this.#native.inlineIdle()) {
            return Promise.resolve();
        }
        return new Promise((resolve, reject) => this.#settled.push({resolve, reject, failure: undefined}));
    }

    /**
     * @param {number} [timeoutMs] - none when absent
     * @returns {Promise<boolean>} true when no job waits or runs, false when the time was over before
     */
    async idle(timeoutMs) {
        return within(
            this.allSettled().catch(() => {}),
            timeoutMs
        );
    }

    #queueDrain() {
        if (!this.#isDrainQueued && !this.#isPaused) {
            this.#isDrainQueued = true;
            queueMicrotask(() => {
                this.#isDrainQueued = false;
                this.#drain();
            });
        }
    }

    #drain() {
        if (this.#isTurnOver()) {
            this.#isPaused = true;
            return;
        }
        const ended = this.#ended;
        this.#ended = 0;
        const admitted = this.#native.inlineAdmit(ended);
        this.#noteBegun(admitted);
        for (let count = 0; count < admitted; count++) {
            this.#next()().then((failure) => this.#taskEnded(failure));
        }
        if (ended > 0 && this.#settled.length > 0 && this.#native.inlineIdle()) {
            this.#settle();
        }
    }

    #noteBegun(count) {
        if (this.#begunThisTurn === 0 && count > 0) {
            this.#turnStartedMs = nowMs();
            onNextTurn(() => this.#turnBegins());
        }
        this.#begunThisTurn += count;
    }

    #turnBegins() {
        this.#begunThisTurn = 0;
        if (this.#isPaused) {
            this.#isPaused = false;
            this.#drain();
        }
    }

    #isTurnOver() {
        const begun = this.#begunThisTurn;
        return begun >= JOBS_PER_TURN || (begun > 0 && nowMs() - this.#turnStartedMs > MS_PER_TURN);
    }

    #next() {
        const task = this.#tasks[this.#first];
        this.#tasks[this.#first] = undefined;
        this.#first += 1;
        if (this.#first >= COMPACT_AT && this.#first * 2 >= this.#tasks.length) {
            this.#tasks = this.#tasks.slice(this.#first);
            this.#first = 0;
        }
        return task;
    }

    #taskEnded(failure) {
        this.#ended += 1;
        if (failure !== undefined) {
            this.#settled.forEach((waiting) => {
                waiting.failure ??= failure;
            });
        }
        this.#queueDrain();
    }

    #settle() {
        for (const {resolve, reject, failure} of this.#settled.splice(0)) {
            if (failure === undefined) {
                resolve();
            } else {
                reject(failure.error);
            }
        }
    }
}

module.exports = {InlineJobs};
