'use strict';

/** What this side knows of a run that has not ended, beside what the native side does. Made when there is something to know. */
class LiveRun {
    /** Of a run that `runJob` was asked for. @type {import('./run-handle').Run | undefined} */
    handle;
    /** The options of `runJob`. */
    options;
    /** When that was called. */
    queuedMs;
    /** Calls a function in the async context of that call, for tracers. @type {((call: () => unknown) => unknown) | undefined} */
    inCaller;
    /** The scheduled run of an inline handler: why there is one, and the due time that it answers. */
    trigger;
    dueMs;
    /** Its result so far: what the job gave to `run.result`. @type {import('./run-value').KeptValue | undefined} */
    result;
    /** Why the host has cancelled it. */
    reason;
    /** What it last reported. */
    progress;
    /** In a cluster: the number of its grant. */
    fence;
    /** The id of the run that it tries again. */
    retryOf;
    /** Whether its function has been asked to stop. */
    isAborted = false;
    isSlow = false;
    /** Whether it has written to its log. */
    hasLogged = false;
    /** What its events have told, for listeners. @type {import('./run-info').RunFacts | undefined} */
    facts;
}

/** The runs that have not ended and of which something is known here, by number. */
class LiveRuns {
    /** @type {Map<number, LiveRun>} */
    #runs = new Map();

    get size() {
        return this.#runs.size;
    }

    /** @returns {LiveRun | undefined} */
    get(number) {
        return this.#runs.get(number);
    }

    /** @returns {LiveRun} */
    make(number) {
        let live = this.#runs.get(number);
        if (live === undefined) {
            live = new LiveRun();
            this.#runs.set(number, live);
        }
        return live;
    }

    /** The run has ended. @returns {LiveRun | undefined} */
    take(number) {
        const live = this.#runs.get(number);
        if (live !== undefined) {
            this.#runs.delete(number);
        }
        return live;
    }
}

module.exports = {LiveRuns};
