'use strict';

/**
 * Inline jobs: functions called in order on the host's event loop, a few at once, whatever the length of the queue.
 */

const {onNextTurn} = require('../host/next-turn');

const DEFAULT_CONCURRENCY = 3;
/** Jobs begun in one turn of the event loop, before timers and I/O of the host get theirs; fewer when they are slow. */
const JOBS_PER_TURN = 256;
const MS_PER_TURN = 5;
/** Taken now: a host may replace it by a clock that stands still. */
const nowMs = performance.now.bind(performance);
/** The array is cut when this many at its front are done with. */
const COMPACT_AT = 1024;

class InlineJobs {
    #concurrency;
    /** Jobs that have not begun, from `#first` on. */
    #tasks = [];
    #first = 0;
    /** Jobs that have begun and not ended. */
    #running = 0;
    #begunThisTurn = 0;
    #turnStartedMs = 0;
    #isDrainQueued = false;
    #isPaused = false;
    #settled = [];
    #isClosed = false;
    #dropped = 0;

    /** @param {number} [concurrency] - how many run at once, 1 or more */
    constructor(concurrency = DEFAULT_CONCURRENCY) {
        this.#concurrency = concurrency;
    }

    /** What hosts see as `inlineQueue`. */
    get window() {
        return {length: () => this.length, idle: () => this.isIdle};
    }

    /** Jobs that wait for others to end. */
    get length() {
        return this.#waiting - this.#admissible;
    }

    /** Does no job wait or run? */
    get isIdle() {
        return this.#running === 0 && this.#waiting === 0;
    }

    /** Whether nothing is to begin any more. */
    get isClosed() {
        return this.#isClosed;
    }

    /** Jobs that were dropped. */
    get dropped() {
        return this.#dropped;
    }

    /** Jobs that have not begun. */
    get #waiting() {
        return this.#tasks.length - this.#first;
    }

    /** Those of them that may begin now. */
    get #admissible() {
        return Math.min(this.#waiting, this.#concurrency - this.#running);
    }

    /**
     * Puts a job at the end of the queue.
     *
     * @param {{begin: () => Promise<void>}} task - runs the job, or fails it unrun when the queue is closed; says by
     *   `failed` when it throws; never rejects
     */
    add(task) {
        if (this.#isClosed) {
            this.#drop([task]);
            return;
        }
        this.#tasks.push(task);
        // A microtask rather than a wake-up from outside: a host that waits one millisecond by a timer
        // that is due already would otherwise look before the job has begun.
        this.#queueDrain();
    }

    /**
     * Lets no job begin any more, and drops those that wait: they fail.
     *
     * @returns {number} how many
     */
    close() {
        this.#isClosed = true;
        const waiting = this.#tasks.slice(this.#first);
        this.#tasks = [];
        this.#first = 0;
        this.#drop(waiting);
        this.settle();
        return waiting.length;
    }

    #drop(tasks) {
        this.#dropped += tasks.length;
        tasks.forEach((task) => void task.begin());
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

    /** @returns {Promise<void>} when no job waits or runs; never rejects */
    idle() {
        return this.allSettled().catch(() => {});
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
        const admitted = this.#admissible;
        this.#noteBegun(admitted);
        this.#running += admitted;
        for (let count = 0; count < admitted; count++) {
            this.#next().begin().then(this.#onTaskEnded);
        }
        this.settle();
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
