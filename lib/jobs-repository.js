'use strict';

/**
 * The rows of jobs, through the host's JobModel. Calls for one name happen one after another, in
 * order, however slow the database is; a call that fails is tried again.
 */

const {setTimeout: pause} = require('node:timers/promises');

/** Pauses before the second, third and fourth try of a call: about five seconds in all. */
const RETRY_PAUSES_MS = [250, 1_000, 3_750];

class JobsRepository {
    #model;
    /** The last call under way for each name. */
    #tails = new Map();

    /** @param {object} JobModel - `add(data)`, `findOne({name})`, `edit(data, {id})` */
    constructor(JobModel) {
        this.#model = JobModel;
    }

    /** @returns {Promise<object | null>} the row of a job, as the model gives it */
    read(name) {
        return retried(async () => (await this.#model.findOne({name})) ?? null);
    }

    /** Adds a row. Not tried again: whether a call that failed has written is not known. */
    async add(data) {
        return this.#model.add(data);
    }

    /** Changes a row by its id. */
    update(id, data) {
        return retried(async () => this.#model.edit(data, {id}));
    }

    /** Changes the row of a job if it has one. */
    async updateByName(name, data) {
        const row = await this.read(name);
        if (row) {
            await this.update(row.id, data);
        }
    }

    /**
     * Runs `work` after everything that was queued for that name before.
     *
     * @template T
     * @param {string} name
     * @param {() => Promise<T>} work
     * @returns {Promise<T>}
     */
    inOrder(name, work) {
        const before = this.#tails.get(name);
        const result = before ? before.then(work, work) : work();
        const tail = result.then(
            () => this.#forget(name, tail),
            () => this.#forget(name, tail)
        );
        this.#tails.set(name, tail);
        return result;
    }

    #forget(name, tail) {
        if (this.#tails.get(name) === tail) {
            this.#tails.delete(name);
        }
    }
}

async function retried(call) {
    for (const pauseMs of RETRY_PAUSES_MS) {
        try {
            return await call();
        } catch {
            await pause(pauseMs);
        }
    }
    return call();
}

module.exports = {JobsRepository};
