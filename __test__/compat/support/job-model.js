'use strict';

const {Watchers} = require('./recorder');

/**
 * A JobModel in memory with the interface that hosts pass: `findOne`, `add` and `edit`, called as methods, over a table
 * with a unique name.
 */
class MemoryJobModel {
    #rows = new Map();
    #history = [];
    #watchers = new Watchers();
    #lastId = 0;

    /** @param {Record<string, object>} [rows] rows that exist already: name to columns */
    constructor(rows = {}) {
        for (const [name, columns] of Object.entries(rows)) {
            this.#insert({name, ...columns});
        }
    }

    async findOne({name}) {
        const row = this.#rows.get(name);
        return row ? asRecord(row) : null;
    }

    async add(columns) {
        if (this.#rows.has(columns.name)) {
            throw Object.assign(new Error('UNIQUE constraint failed: jobs.name'), {
                code: 'SQLITE_CONSTRAINT_UNIQUE'
            });
        }
        const row = this.#insert(columns);
        this.#wrote(row);
        return asRecord(row);
    }

    async edit(columns, {id}) {
        const row = [...this.#rows.values()].find((candidate) => candidate.id === id);
        Object.assign(row, columns);
        this.#wrote(row, columns);
        return asRecord(row);
    }

    /** The columns of a row. */
    row(name) {
        return this.#rows.get(name);
    }

    /** The statuses written for a name, in order. */
    statuses(name) {
        return this.#history.filter((entry) => entry.name === name).map(({status}) => status);
    }

    /** Resolves with the row once it has been written with `status`. */
    reached(name, status) {
        return this.#watchers.until(() => this.statuses(name).includes(status) && this.row(name));
    }

    #insert(columns) {
        this.#lastId += 1;
        const row = {id: `row-${this.#lastId}`, ...columns};
        this.#rows.set(row.name, row);
        return row;
    }

    #wrote(row, {status = row.status} = {}) {
        this.#history.push({name: row.name, status});
        this.#watchers.notify();
    }
}

function asRecord(row) {
    const snapshot = {...row};
    return {id: snapshot.id, get: (column) => snapshot[column]};
}

module.exports = {MemoryJobModel};
