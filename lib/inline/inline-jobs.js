'use strict';

/**
 * The queue of inline jobs: functions called in order on the host's event loop, with limited concurrency: higher priorities
 * first, then in the order in which they were added. Adding and starting a job take constant time, however long the queue is,
 * where all have the same priority.
 */

const {onNextTurn} = require('../host/next-turn');

const DEFAULT_CONCURRENCY = 3;
/**
 * The most jobs started in one turn of the event loop, and for how long, so that the host's timers and I/O get theirs. A
 * thousand short jobs take less than a millisecond.
 */
const JOBS_PER_TURN = 1_024;
const MS_PER_TURN = 5;
/** Bound at load time: a host's tests may later replace it by a fake clock. */
const nowMs = performance.now.bind(performance);
/** The array is shortened once so many entries at its front have been taken. */
const COMPACT_AT = 1024;
/** Its `then` costs less than `queueMicrotask`, which makes an AsyncResource and which fake timers replace. */
const RESOLVED = Promise.resolve();

class InlineJobs {
    #concurrency;
    /** Jobs that have not begun, from `#first` on. */
    #tasks = [];
    #first = 0;
    /** Jobs that have begun and not ended. */
    #running = 0;
    /** Runs that wait for their next attempt: they have no place in the queue. */
    #held = 0;
    #begunThisTurn = 0;
    #turnStartedMs = 0;
    #isDrainQueued = false;
    /** Whether one of the jobs that have not begun may have a priority. */
    #hasPriorities = false;
    #isPaused = false;
    #settled = [];
    #isClosed = false;
    #dropped = 0;

    /** @param {number} [concurrency] - how many run at once, 1 or more */
    constructor(concurrency = DEFAULT_CONCURRENCY) {
        this.#concurrency = concurrency;
    }

    /** The object that hosts use as `inlineQueue`. */
    get facade() {
        return {length: () => this.length, idle: () => this.isIdle};
    }

    /** Jobs that wait for others to end. */
    get length() {
        return Math.max(0, this.#tasks.length - this.#first + this.#running - this.#concurrency);
    }

    /** Jobs that have begun and not ended. */
    get running() {
        return this.#running;
    }

    /** Whether no job is queued or running, and no run waits for its next attempt. */
    get isIdle() {
        return this.#running === 0 && this.#waiting === 0 && this.#held === 0;
    }

    /** Whether no further job may begin. */
    get isClosed() {
        return this.#isClosed;
    }

    /** The number of jobs that were dropped. */
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
     * Puts a job into the queue, behind all of its priority.
     *
     * @param {{begin: () => Promise<void>}} task - runs the job, or fails it without running it if the queue is closed; calls
     *   `failed` if it throws; never rejects
     * @param {number} [priority] - higher first
     */
    add(task, priority = 0) {
        if (this.#isClosed) {
            this.#drop([task]);
            return;
        }
        if (priority === 0 && !this.#hasPriorities) {
            this.#tasks.push(task);
        } else {
            this.#insert(task, priority);
        }
        // A microtask, so that the job begins before any timer of the host that is already due.
        this.#queueDrain();
    }

    #insert(task, priority) {
        this.#hasPriorities = true;
        task.priority = priority;
        let place = this.#tasks.length;
        while (place > this.#first && (this.#tasks[place - 1].priority ?? 0) < priority) {
            place -= 1;
        }
        this.#tasks.splice(place, 0, task);
    }

    /**
     * Closes the queue: queued jobs are dropped, which fails them, and no further job begins.
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
     * @param {() => boolean} [isIdle] - `inlineQueue.idle`, which the host may have replaced
     * @returns {Promise<void>} settled once no job is queued or running; rejected with the first error since the call
     */
    allSettled(isIdle = () => this.isIdle) {
        if (isIdle()) {
            return Promise.resolve();
        }
        return new Promise((resolve, reject) => this.#settled.push({resolve, reject, failure: undefined}));
    }

    /** A run waits for its next attempt. It ends by `release`. */
    hold() {
        this.#held += 1;
    }

    release() {
        this.#held -= 1;
        this.settle();
    }

    /** Settles the promises of `allSettled` if no job is queued or running. */
    settle() {
        if (this.#settled.length > 0 && this.isIdle) {
            this.#settle();
        }
    }

    /** @returns {Promise<void>} resolved once no job is queued or running; never rejects */
    idle() {
        return this.allSettled().catch(() => {});
    }

    #queueDrain() {
        if (!this.#isDrainQueued && !this.#isPaused) {
            this.#isDrainQueued = true;
            void RESOLVED.then(this.#onMicrotask);
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
        this.#hasPriorities &&= this.#first < this.#tasks.length;
        if (this.#first >= COMPACT_AT && this.#first * 2 >= this.#tasks.length) {
            this.#tasks = this.#tasks.slice(this.#first);
            this.#first = 0;
        }
        return task;
    }

    /** A job has thrown. The first such error rejects the promises of `allSettled` once the queue is idle. */
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
