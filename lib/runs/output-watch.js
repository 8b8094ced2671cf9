'use strict';

/** Tells listeners of the event 'run output' that a run has printed or logged something: each run four times a second at most. */

const {JobListeners} = require('../host/job-listeners');

const EVENT = 'run output';
const REST_MS = 250;

// Taken now: a host may install fake timers.
const {setTimeout} = globalThis;
const nowMs = performance.now.bind(performance);

class OutputWatch {
    #listeners;
    #native;
    #isWatching = false;
    /** Runs that were told of in the last quarter of a second, the first of them first: number to `{sinceMs, facts}`. */
    #resting = new Map();
    #timer;

    /**
     * @param {object} parts
     * @param {JobListeners} parts.listeners
     * @param {import('../native/binding').NativeManager} parts.native
     */
    constructor({listeners, native}) {
        this.#listeners = listeners;
        this.#native = native;
        listeners.on('newListener', (event) => event === EVENT && this.#watch(true));
    }

    /**
     * The event 'outputGrew'.
     *
     * @param {number} run
     * @param {{runId: string, job: string}} facts
     */
    grew(run, facts) {
        if (this.#listeners.listenerCount(EVENT) === 0) {
            this.#watch(false);
            return;
        }
        this.#tell(run, facts);
    }

    /** The run has ended: what has not been told of its output is. */
    ended(run) {
        const resting = this.#resting.get(run);
        if (resting !== undefined && this.#native.outputHasGrown(run)) {
            this.#tell(run, resting.facts);
        }
        this.#resting.delete(run);
    }

    #watch(isWatching) {
        if (isWatching !== this.#isWatching) {
            this.#isWatching = isWatching;
            this.#native.watchOutput(isWatching);
        }
    }

    #tell(run, facts) {
        this.#resting.delete(run);
        this.#resting.set(run, {sinceMs: nowMs(), facts});
        this.#restUntil();
        JobListeners.tell(this.#listeners, EVENT, () => ({
            ...facts,
            totalBytes: this.#native.outputBytes(run)
        }));
    }

    #restUntil() {
        const [first] = this.#resting.values();
        if (first !== undefined && this.#timer === undefined) {
            this.#timer = setTimeout(() => this.#look(), Math.max(1, first.sinceMs + REST_MS - nowMs()));
            this.#timer.unref?.();
        }
    }

    /** Runs that have rested are told of again, if there is more; else the native side reports when there is. */
    #look() {
        this.#timer = undefined;
        const untilMs = nowMs() - REST_MS;
        const rested = [...this.#resting].filter(([, {sinceMs}]) => sinceMs <= untilMs);
        for (const [run, {facts}] of rested) {
            this.#resting.delete(run);
            if (this.#native.outputHasGrown(run)) {
                this.grew(run, facts);
            }
        }
        this.#restUntil();
    }
}

module.exports = {OutputWatch};
