'use strict';

/**
 * Inline jobs: functions called in order on the host's event loop, a few at once. Order and
 * concurrency are decided natively; the functions stay here.
 */

const {within} = require('./deadline');
const {DEFAULT_INLINE_CONCURRENCY} = require('./create-native');
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
    #concurrency;
    /** Jobs that have not begun, from `#first` on. */
    #tasks = [];
    #first = 0;
    /** Not yet told to the native side: jobs added, and jobs ended. */
    #added = 0;
    #ended = 0;
    /** Jobs that have begun and not ended. */
    #running = 0;
    #begunThisTurn = 0;
    #turnStartedMs = 0;
    #isDrainQueued = false;
    #isPaused = false;
    #settled = [];

    /**
     * @param {import('./binding').NativeManager} native
     * @param {number} [concurrency] - how many the native side lets run at once
     */
    constructor(native, concurrency = DEFAULT_INLINE_CONCURRENCY) {
        this.#native = native;
        this.#concurrency = concurrency;
    }

    /** What hosts see as `inlineQueue`. */
    get window() {
        return {length: () => this.length, idle: () => this.isIdle};
    }

    /** Jobs that wait for others to end. */
    get length() {
        const free = Math.max(0, this.#concurrency - this.#running);
        return Math.max(0, this.#tasks.length - this.#first - free);
    }

    /** Does no job wait or run? */
    get isIdle() {
        return this.#running === 0 && this.#tasks.length === this.#first;
    }

    /**
     * Puts a job at the end of the queue.
     *
     * @param {() => Promise<void>} task - runs the job, and says by `failed` when it throws; never rejects
     */
    add(task) {
        this.#tasks.push(task);
        this.#added += 1;
        // A microtask rather than a wake-up from outside: a host that waits one millisecond by a timer
        // that is due already would otherwise look before the job has begun.
        this.#queueDrain();
    }

    /**
     * @param {() => boolean} [isIdle] - what the host sees as `inlineQueue.idle`
     * @returns {Promise<void>} when no job waits or runs; rejects then with the first error meanwhile
     */
    allSettled(isIdle = () => this.isIdle) {
        if (isIdle()) {
            return Promise.resolve();
        }
        return new Promise((resolve, reject) => this.#settled.push({resolve, reject, failure: undefined}));
    }

    /** Tells whoever waits for all, if all is done. */
    settle() {
        if (this.#settled.length > 0 && this.isIdle) {
            this.#settle();
        }
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
            queueMicrotask(this.#onMicrotask);
        }
    }

    #onMicrotask = () => {
        this.#isDrainQueued = false;
        this.#drain();
    };

    #drain() {
        if (this.#isTurnOver()) {
            this.#isPaused = true;
            return;
        }
        const admitted = this.#native.inlineAdmit(this.#added, this.#ended);
        const hasEnded = this.#ended > 0;
        this.#added = 0;
        this.#ended = 0;
        this.#noteBegun(admitted);
        this.#running += admitted;
        for (let count = 0; count < admitted; count++) {
            this.#next()().then(this.#onTaskEnded);
        }
        if (hasEnded) {
            this.settle();
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

    /** A job has thrown. Whoever waits is told once all are done, of the first. */
    failed(error) {
        this.#settled.forEach((waiting) => {
            waiting.failure ??= {error};
        });
    }

    #onTaskEnded = () => {
        this.#ended += 1;
        this.#running -= 1;
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
