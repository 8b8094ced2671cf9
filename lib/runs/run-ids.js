'use strict';

/** Runs of ended jobs that can still be asked for by the id that the host gave them. */
const MOST_ENDED = 1_000;

/** Which run has which id: of runs that go or wait, and of the last ones that have ended. */
class RunIds {
    #runs = new Map();
    /** Ids of runs that have ended, the oldest first. */
    #ended = new Set();

    /** @returns {import('./run-handle').Run | undefined} */
    get(id) {
        return this.#runs.get(id);
    }

    /** @param {import('./run-handle').Run} run - with an id that the host gave it */
    add(run) {
        this.#runs.set(run.id, run);
    }

    /** A run has ended: it is forgotten when enough others have. */
    ended(run) {
        if (this.#runs.get(run.id) !== run) {
            return;
        }
        this.#ended.add(run.id);
        if (this.#ended.size > MOST_ENDED) {
            const [oldest] = this.#ended;
            this.#ended.delete(oldest);
            this.#runs.delete(oldest);
        }
    }
}

module.exports = {RunIds};
