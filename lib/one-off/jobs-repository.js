'use strict';

/**
 * The rows of jobs, through the host's JobModel. Calls for one name happen one after another, in
 * order, however slow the database is; a call that fails is tried again.
 */

const {setTimeout: nodePause} = require('node:timers/promises');

/** Pauses before the second, third and fourth try of a call: about five seconds in all. */
const RETRY_PAUSES_MS = [250, 1_000, 3_750];

/** What databases say of a second row with the same unique key: SQLite, MySQL and MariaDB, PostgreSQL. */
const UNIQUE_VIOLATIONS = new Set([
    'SQLITE_CONSTRAINT_UNIQUE',
    'SQLITE_CONSTRAINT_PRIMARYKEY',
    'ER_DUP_ENTRY',
    '23505'
]);

/**
 * The last call under way for each name, for each model: managers of one process that share a model
 * take turns on its rows.
 */
const tailsOf = new WeakMap();

class JobsRepository {
    #model;
    #pause;
    #tails;

    /**
     * @param {object} JobModel - `add(data)`, `findOne({name})`, `edit(data, {id})`, and `destroy({id})`
     *   where it has that
     * @param {{pause?: (ms: number) => Promise<void>}} [options] - how to wait between two tries
     */
    constructor(JobModel, {pause = nodePause} = {}) {
        this.#model = JobModel;
        this.#pause = pause;
        if (!tailsOf.has(JobModel)) {
            tailsOf.set(JobModel, new Map());
        }
        this.#tails = tailsOf.get(JobModel);
    }

    /** @returns {Promise<object | null>} the row of a job, as the model gives it */
    read(name) {
        return this.#retried(async () => (await this.#model.findOne({name})) ?? null);
    }

    /**
     * Adds a row, unless there is one of that name.
     *
     * @param {{name: string}} data
     * @returns {Promise<boolean>} was it added?
     */
    add(data) {
        return this.#retried(
            async () => {
                await this.#model.add(data);
                return true;
            },
            // A call that failed may have written all the same, and its answer was lost. Then nobody knows whose
            // row it is, and a job that is not run is better than one that is run twice.
            async (error) => isUniqueViolation(error) || Boolean(await this.read(data.name)),
            false
        );
    }

    /** Changes a row by its id. */
    update(id, data) {
        return this.#retried(async () => this.#model.edit(data, {id}));
    }

    /** Changes the row of a job if it has one. */
    async updateByName(name, data) {
        const row = await this.read(name);
        if (row) {
            await this.update(row.id, data);
        }
    }

    /** Can rows be deleted? */
    get canRemove() {
        return typeof this.#model.destroy === 'function';
    }

    /** Deletes a row by its id, if it is there still. */
    async remove(name, id) {
        await this.#retried(
            async () => this.#model.destroy({id}),
            async () => (await this.read(name))?.id !== id
        );
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

    /** @returns {Promise<void>} when everything that is queued now is done or given up; never rejects */
    async settled() {
        await Promise.all(this.#tails.values());
    }

    #forget(name, tail) {
        if (this.#tails.get(name) === tail) {
            this.#tails.delete(name);
        }
    }

    /**
     * @template T
     * @param {() => Promise<T>} call
     * @param {(error: any) => Promise<boolean>} [isAnswer] - does this failure say all there is to know?
     * @param {T} [answer] - what is answered then
     * @returns {Promise<T>}
     */
    async #retried(call, isAnswer = async () => false, answer = undefined) {
        for (let tries = 0; ; tries++) {
            try {
                return await call();
            } catch (error) {
                if (await isAnswer(error)) {
                    return answer;
                }
                if (tries === RETRY_PAUSES_MS.length) {
                    throw error;
                }
            }
            await this.#pause(RETRY_PAUSES_MS[tries]);
        }
    }
}

function isUniqueViolation(error) {
    // The oldest SQLite driver tells one constraint from another in words only.
    const isSqlite = error?.code === 'SQLITE_CONSTRAINT' && /unique/i.test(error.message);
    return isSqlite || UNIQUE_VIOLATIONS.has(error?.code) || UNIQUE_VIOLATIONS.has(error?.cause?.code);
}

module.exports = {JobsRepository};
