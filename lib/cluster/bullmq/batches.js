'use strict';

/** Fewer than these are not worth a bulk: that makes two temporary tables in PostgreSQL. */
const LEAST_IN_BULK = 4;
const MOST_IN_BULK = 500;
/** Larger data is added alone. */
const MOST_BYTES_IN_BULK = 16 * 1024;

/**
 * Adds jobs to a queue on PostgreSQL. One goes at once; those that come while others are being added go together after these, in
 * one statement and commit instead of one for each.
 */
class Batches {
    #queue;
    #waiting = [];
    #isAdding = false;

    /** @param {object} queue - a Queue */
    constructor(queue) {
        this.#queue = queue;
    }

    /** As `add` of the queue. @returns {Promise<void>} */
    add(name, data, opts) {
        return new Promise((resolve, reject) => {
            this.#waiting.push({job: {name, data, opts}, resolve, reject});
            if (!this.#isAdding) {
                void this.#addAll();
            }
        });
    }

    async #addAll() {
        this.#isAdding = true;
        while (this.#waiting.length > 0) {
            const entries = this.#waiting.splice(0, MOST_IN_BULK);
            const small = entries.filter(({job}) => !(job.data?.bytes?.length > MOST_BYTES_IN_BULK));
            const isBulk = small.length >= LEAST_IN_BULK;
            const alone = isBulk ? entries.filter((entry) => !small.includes(entry)) : entries;
            await Promise.all([isBulk && this.#addBulk(small), ...alone.map((entry) => this.#addOne(entry))]);
        }
        this.#isAdding = false;
    }

    async #addBulk(entries) {
        try {
            await this.#queue.addBulk(entries.map(({job}) => job));
            entries.forEach(({resolve}) => resolve());
        } catch {
            // One of them may be what the database refuses: alone, each has an outcome of its own. An id that is there is no duplicate.
            await Promise.all(entries.map((entry) => this.#addOne(entry)));
        }
    }

    async #addOne({job: {name, data, opts}, resolve, reject}) {
        try {
            await this.#queue.add(name, data, opts);
            resolve();
        } catch (error) {
            reject(error);
        }
    }
}

module.exports = {Batches};
