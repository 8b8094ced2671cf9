'use strict';

/** Runs of ended jobs that can still be asked for by the id that the host gave them. */
const MOST_ENDED = 1_000;

/** Which run has which ids: of runs that go or wait, and of the last ones that have ended. */
class RunIds {
    #runs = new Map();
    /** The ids of a run. @type {WeakMap<import('./run-handle').Run, string[]>} */
    #ids = new WeakMap();
    /** Ids of runs that have ended, the oldest first. */
    #ended = new Set();

    /** @returns {import('./run-handle').Run | undefined} */
    get(id) {
        return this.#runs.get(id);
    }

    /**
     * @param {string} id - that the host has given
     * @param {import('./run-handle').Run} run - one run may answer several requests
     */
    add(id, run) {
        this.#runs.set(id, run);
        this.#ids.set(run, [...(this.#ids.get(run) ?? []), id]);
    }

    /** There is no such run. */
    remove(run) {
        for (const id of this.#ids.get(run) ?? []) {
            this.#runs.delete(id);
        }
    }

    /** A run has ended: its ids are forgotten when enough others have. */
    ended(run) {
        for (const id of this.#ids.get(run) ?? []) {
            this.#ended.add(id);
        }
        while (this.#ended.size > MOST_ENDED) {
            const [oldest] = this.#ended;
            this.#ended.delete(oldest);
            this.#runs.delete(oldest);
        }
    }
}

module.exports = {RunIds};
