'use strict';

/**
 * Reads and writes status rows of jobs through the host's JobModel. Calls for one name are made one after another, in
 * order, however slow the database is; a call that fails is retried.
 */

const {ModelCalls} = require('./model-calls');
const {idOf} = require('./row');

/** Error codes for a violated unique key: SQLite, MySQL and MariaDB, PostgreSQL. */
const UNIQUE_VIOLATIONS = new Set([
    'SQLITE_CONSTRAINT_UNIQUE',
    'SQLITE_CONSTRAINT_PRIMARYKEY',
    'ER_DUP_ENTRY',
    '23505'
]);

/**
 * By model and name: the last call that is queued. Managers of one process that share a model also share this queue.
 */
const tailsOf = new WeakMap();

class JobsRepository {
    #calls;
    #tails;
    #failures = 0;
    /** Whether rows can be deleted. */
    canRemove;

    /**
     * @param {object} JobModel - `add(data)`, `findOne({name})`, `edit(data, {id})`, and `destroy({id})`
     *   where it has that
     * @param {{pause?: (ms: number) => Promise<void>, timeoutMs?: number}} [options] - of `ModelCalls`
     * @throws {IncorrectUsageError} INVALID_OPTION
     */
    constructor(JobModel, options = {}) {
        this.#calls = new ModelCalls(JobModel, options);
        this.canRemove = typeof JobModel.destroy === 'function';
        if (!tailsOf.has(JobModel)) {
            tailsOf.set(JobModel, new Map());
        }
        this.#tails = tailsOf.get(JobModel);
    }

    /** Calls of the model that were made again, and writes that failed for good. */
    get writes() {
        return {retries: this.#calls.retries, failures: this.#failures};
    }

    /** @returns {Promise<object | null>} the row of a job, as the model gives it */
    read(name) {
        return this.#calls.retried(() => this.#find(name));
    }

    /**
     * Adds a row, unless there is one of that name.
     *
     * @param {{name: string}} data
     * @returns {Promise<{id: unknown} | undefined>} undefined if there is such a row; else the id of the new row, if the model returns it
     */
    add(data) {
        return this.#written(() =>
            this.#calls.retried(
                async () => {
                    const row = await this.#calls.call('add', data.name, data);
                    return {id: row?.id};
                },
                // A call that failed may still have written the row. It is then unknown whether the row is ours or another
                // host's, so the job is refused rather than risked twice.
                async (error) => isUniqueViolation(error) || Boolean(await this.read(data.name))
            )
        );
    }

    /** Changes the row of a job by its id. */
    async update(name, id, data) {
        await this.#written(() => this.#edit(name, id, data));
    }

    #edit(name, id, data) {
        return this.#calls.retried(() => this.#calls.call('edit', name, data, {id}));
    }

    /** Counts a write that fails for good. */
    async #written(write) {
        try {
            return await write();
        } catch (error) {
            this.#failures += 1;
            throw error;
        }
    }

    /**
     * Changes the row of a job if it has one.
     *
     * @param {string} name
     * @param {object} data
     * @param {{id: unknown}} [claimed] - the row that this process has added or read. It then exists, even if a read
     *   replica does not have it yet
     * @throws JOB_ROW_NOT_FOUND if the claimed row is not found
     */
    async updateByName(name, data, claimed) {
        await this.#written(async () => {
            const id = await this.#idOf(name, claimed);
            if (id !== undefined) {
                await this.#edit(name, id, data);
            }
        });
    }

    #idOf(name, claimed) {
        return this.#calls.retried(async () => {
            const row = await this.#find(name);
            const id = row ? idOf(row) : claimed?.id;
            if (id === undefined && claimed) {
                throw rowNotFound(name);
            }
            return id;
        });
    }

    async #isThere(name, id) {
        const row = await this.read(name);
        return row !== null && idOf(row) === id;
    }

    async #find(name) {
        return (await this.#calls.call('findOne', name, {name})) ?? null;
    }

    /** Deletes a row by its id, if it still exists. */
    async remove(name, id) {
        await this.#written(() =>
            this.#calls.retried(
                () => this.#calls.call('destroy', name, {id}),
                async () => !(await this.#isThere(name, id))
            )
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

    /** Jobs whose rows are being written, or wait for that. */
    get pending() {
        return this.#tails.size;
    }

    /** @returns {Promise<void>} resolved once every call that is queued now has succeeded or failed for good; never rejects */
    async settled() {
        await Promise.all(this.#tails.values());
    }

    #forget(name, tail) {
        if (this.#tails.get(name) === tail) {
            this.#tails.delete(name);
        }
    }
}

function rowNotFound(name) {
    return Object.assign(
        new Error(
            `The row of the one-off job "${name}" was written, but JobModel.findOne does not find it, so its status ` +
                `cannot be updated. If findOne reads from a replica, let it read from the primary.`
        ),
        {name: 'JobModelError', code: 'JOB_ROW_NOT_FOUND'}
    );
}

function isUniqueViolation(error) {
    // The oldest SQLite driver distinguishes constraints only in the message.
    const isSqlite = error?.code === 'SQLITE_CONSTRAINT' && /unique/i.test(error.message);
    return isSqlite || UNIQUE_VIOLATIONS.has(error?.code) || UNIQUE_VIOLATIONS.has(error?.cause?.code);
}

module.exports = {JobsRepository};
