'use strict';

/**
 * Inline jobs: functions called in order on the host's event loop, a few at once. Order and
 * concurrency are decided natively; the functions stay here.
 */

const {setTimeout: pause} = require('node:timers/promises');

/** Jobs begun in one turn of the event loop, before timers and I/O of the host get theirs. */
const JOBS_PER_TURN = 256;
/** The array is cut when this many at its front are done with. */
const COMPACT_AT = 1024;

class InlineJobs {
    #native;
    #onPause;
    /** Jobs that have not begun, from `#first` on. */
    #tasks = [];
    #first = 0;
    /** Not yet told to the native side: jobs added, and jobs ended. */
    #added = 0;
    #ended = 0;
    #begunThisTurn = 0;
    #isDrainQueued = false;
    #isPaused = false;
    #settled = [];

    /**
     * @param {import('./binding').NativeManager} native
     * @param {() => void} onPause - the queue has more to do, on a later turn of the event loop: then
     *   `resume` has to be called
     */
    constructor(native, onPause) {
        this.#native = native;
        this.#onPause = onPause;
    }

    /** What hosts see as `inlineQueue`. */
    get window() {
        return {length: () => this.length, idle: () => this.isIdle};
    }

    /** Jobs that wait. */
    get length() {
        return this.#tasks.length - this.#first;
    }

    /** Does no job wait or run? */
    get isIdle() {
        return this.length === 0 && this.#native.inlineRunning() === this.#ended;
    }

    /** Does the queue wait for a turn of the event loop? */
    get isPaused() {
        return this.#isPaused;
    }

    /**
     * Puts a job at the end of the queue.
     *
     * @param {() => Promise<{error: any} | undefined>} task - runs the job; resolves with undefined or, when it
     *   threw, `{error}`; never rejects
     */
    add(task) {
        this.#tasks.push(task);
        this.#added += 1;
        // A microtask rather than a wake-up from outside: a host that waits one millisecond by a timer
        // that is due already would otherwise look before the job has begun.
        this.#queueDrain();
    }

    /** A new turn of the event loop has begun. */
    resume() {
        this.#begunThisTurn = 0;
        if (this.#isPaused) {
            this.#isPaused = false;
            this.#drain();
        }
    }

    /** @returns {Promise<void>} when no job waits or runs; rejects then with the first error meanwhile */
    allSettled() {
        if (this.isIdle) {
            return Promise.resolve();
        }
        return new Promise((resolve, reject) => this.#settled.push({resolve, reject, failure: undefined}));
    }

    /**
     * @param {number} [timeoutMs] - none when absent
     * @returns {Promise<boolean>} true when no job waits or runs, false when the time was over before
     */
    async idle(timeoutMs) {
        const settled = this.allSettled().then(
            () => true,
            () => true
        );
        if (timeoutMs === undefined) {
            return settled;
        }
        const abort = new AbortController();
        const timeOut = pause(timeoutMs, false, {signal: abort.signal}).catch(() => false);
        const isIdle = await Promise.race([settled, timeOut]);
        abort.abort();
        return isIdle;
    }

    #queueDrain() {
        if (!this.#isDrainQueued && !this.#isPaused) {
            this.#isDrainQueued = true;
            queueMicrotask(this.#onMicrotask);
        }
    }

    #onMicrotask = () => {
        this.#isDrainQueued = false;
        this.#drain();
    };

    #drain() {
        if (this.#begunThisTurn >= JOBS_PER_TURN) {
            this.#isPaused = true;
            this.#onPause();
            return;
        }
        const admitted = this.#native.inlineAdmit(this.#added, this.#ended);
        const hasEnded = this.#ended > 0;
        this.#added = 0;
        this.#ended = 0;
        this.#begunThisTurn += admitted;
        for (let count = 0; count < admitted; count++) {
            this.#next()().then(this.#onTaskEnded);
        }
        if (hasEnded && this.#settled.length > 0 && this.isIdle) {
            this.#settle();
        }
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

    #onTaskEnded = (failure) => {
        this.#ended += 1;
        if (failure !== undefined) {
            this.#settled.forEach((waiting) => {
                waiting.failure ??= failure;
            });
        }
        this.#queueDrain();
    };

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
