'use strict';

/** Runs that were asked for and are being written to the store: `runJob` is answered when that is done. */
class Acceptance {
    #native;
    /** @type {Map<number, {run: object, promise: Promise<object>, resolve: Function, reject: Function}>} */
    #waiting = new Map();
    #isFlushQueued = false;

    /** @param {import('../native/binding').NativeManager} native - with a store */
    constructor(native) {
        this.#native = native;
    }

    /** Has the store commit what it is given in this turn, at its end: all of it at once. */
    flushSoon() {
        if (!this.#isFlushQueued) {
            this.#isFlushQueued = true;
            // A host's tests may have replaced `queueMicrotask`.
            void Promise.resolve().then(() => {
                this.#isFlushQueued = false;
                this.#native.flushStore();
            });
        }
    }

    /**
     * @param {number} number
     * @param {import('../runs/run-handle').Run} run
     * @returns {Promise<import('../runs/run-handle').Run>} resolved when the run is in the store
     */
    wait(number, run) {
        const known = this.#waiting.get(number);
        if (known !== undefined) {
            return known.promise;
        }
        const waiting = {run};
        waiting.promise = new Promise((resolve, reject) => Object.assign(waiting, {resolve, reject}));
        this.#waiting.set(number, waiting);
        return waiting.promise;
    }

    /** @returns {Promise<object> | undefined} of a run that is not in the store yet */
    of(number) {
        return this.#waiting.get(number)?.promise;
    }

    /** The run is in the store. */
    accepted(number) {
        const waiting = this.take(number);
        waiting?.resolve(waiting.run);
    }

    /** @returns {{run: object, resolve: Function, reject: Function} | undefined} whose answer the caller gives */
    take(number) {
        const waiting = this.#waiting.get(number);
        this.#waiting.delete(number);
        return waiting;
    }
}

module.exports = {Acceptance};
