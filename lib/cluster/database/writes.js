'use strict';

/** Taken now: a host's tests may replace them. */
const {setTimeout} = globalThis;
const now = Date.now;

const RETRY_MS = 250;

/** What is written of runs. What is not is found by another host when the lease is over: it is tried for as long as that lasts. */
class Writes {
    #limitMs;
    #onError;
    #pending = new Set();
    /** Ids of runs whose ends are among it. */
    #ending = new Set();
    #isClosing = false;

    /**
     * @param {number} limitMs - how long a write is tried
     * @param {(error: Error) => void} onError
     */
    constructor(limitMs, onError) {
        this.#limitMs = limitMs;
        this.#onError = onError;
    }

    /** @param {() => Promise<unknown>} send */
    add(send) {
        const writing = this.#write(now() + this.#limitMs, send).finally(() => this.#pending.delete(writing));
        this.#pending.add(writing);
        return writing;
    }

    /** The end of a run: until it is written, the slot looks like one of a lost host. */
    addEnd(id, send) {
        this.#ending.add(id);
        void this.add(send).finally(() => this.#ending.delete(id));
    }

    isEnding(id) {
        return this.#ending.has(id);
    }

    /** From now on each is tried once. */
    closing() {
        this.#isClosing = true;
    }

    /** @returns {Promise<unknown>} when nothing is left to be written */
    settled() {
        return Promise.allSettled(this.#pending);
    }

    async #write(endMs, send) {
        for (;;) {
            try {
                await send();
                return;
            } catch (error) {
                this.#onError(error);
                if (now() > endMs || this.#isClosing) {
                    return;
                }
            }
            await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        }
    }
}

module.exports = {Writes};
