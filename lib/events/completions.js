'use strict';

/**
 * Promises that wait for the completion of named jobs.
 */
class Completions {
    #waiting = new Map();

    /** @returns {Promise<void>} settled by the next completion of that job */
    wait(name) {
        return new Promise((resolve, reject) => {
            const waiting = this.#waiting.get(name) ?? [];
            waiting.push({resolve, reject});
            this.#waiting.set(name, waiting);
        });
    }

    /** A run of the job completed. */
    resolve(name) {
        this.#take(name).forEach(({resolve}) => resolve());
    }

    /** A run of the job failed. */
    reject(name, error) {
        this.#take(name).forEach(({reject}) => reject(error));
    }

    #take(name) {
        const waiting = this.#waiting.get(name);
        this.#waiting.delete(name);
        return waiting ?? [];
    }
}

module.exports = {Completions};
