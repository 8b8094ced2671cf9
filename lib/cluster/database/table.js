'use strict';

/** The table `job_slots`, on MySQL, MariaDB and PostgreSQL: one row for each slot of a job that was claimed. */

const {hostText} = require('./host-text');

/** The clock of the server in ms since 1970, as SQL. */
const NOW_MS = {
    mysql: '(CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED))',
    postgres: '(CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT))'
};
/** The error of an INSERT that another host was faster with. */
const DUPLICATE = new Set(['ER_DUP_ENTRY', '23505']);
/** Of a table, or a column, that another host has just created. */
const EXISTS = new Set(['ER_TABLE_EXISTS_ERROR', 'ER_DUP_FIELDNAME', '42P07', '42701', '23505']);
const LONGEST_NAME = 191;
const LONGEST_HOST = 255;

/** What earlier builds did not have; null in rows of theirs. */
const ADDED = {
    // The attempt that goes or comes next, if one has failed, and when it may begin.
    attempt: (table) => table.integer('attempt'),
    retry_at: (table) => table.bigInteger('retry_at'),
    // Which host has the slot, or had it last, and since when its run goes; null while it waits for another run of its job.
    host: (table) => table.string('host', LONGEST_HOST),
    since: (table) => table.bigInteger('since')
};

class SlotTable {
    #knex;
    #table;
    #nowMs;
    #host;

    /**
     * @param {{knex: import('knex').Knex, table: string}} options
     * @param {{id: string, hostname: string, pid: number}} host - this one
     */
    constructor({knex, table}, host) {
        this.#knex = knex;
        this.#table = table;
        this.#host = hostText(host).slice(0, LONGEST_HOST);
        const client = String(knex.client.config.client);
        this.#nowMs = /pg|postgres/.test(client) ? NOW_MS.postgres : NOW_MS.mysql;
    }

    get #rows() {
        return this.#knex(this.#table);
    }

    /** Creates the table where there is none, and what one of an earlier build lacks. */
    async create() {
        const {schema} = this.#knex;
        if (!(await schema.hasTable(this.#table))) {
            await unlessThere(() =>
                schema.createTable(this.#table, (table) => {
                    table.string('name', LONGEST_NAME).notNullable();
                    table.bigInteger('slot').notNullable();
                    // Until when a host has the slot, in ms since 1970; null once its run has ended.
                    table.bigInteger('lease_until');
                    table.integer('fence').notNullable();
                    Object.values(ADDED).forEach((add) => add(table));
                    table.primary(['name', 'slot']);
                })
            );
        }
        const columns = await this.#rows.columnInfo();
        for (const [name, add] of Object.entries(ADDED)) {
            if (columns[name] === undefined) {
                await unlessThere(() => this.#knex.schema.alterTable(this.#table, add));
            }
        }
    }

    /** @returns {Promise<number>} the clock of the server */
    async now() {
        const [row] = await this.#knex.select(this.#knex.raw(`${this.#nowMs} AS now`)).limit(1);
        return Number(row.now);
    }

    /** @returns {Promise<boolean>} whether the slot is this host's: no host has claimed it before */
    async claim(name, slot, lockMs) {
        try {
            await this.#rows.insert({name, slot, fence: 1, ...this.#held(lockMs)});
            return true;
        } catch (error) {
            if (DUPLICATE.has(error.code)) {
                return false;
            }
            throw error;
        }
    }

    /** @returns {Promise<boolean>} whether this host still has the slot */
    async renew({name, slot, fence}, lockMs) {
        const row = this.#rows.where({name, slot, fence}).whereNotNull('lease_until');
        return (await row.update({lease_until: this.#in(lockMs)})) === 1;
    }

    /** The run of a slot has ended. @returns {Promise<boolean>} whether it was still this host's */
    async end({name, slot, fence}) {
        return (await this.#rows.where({name, slot, fence}).update({lease_until: null})) === 1;
    }

    /** A slot that this host has begins, or waits for another run of its job. */
    async mark({name, slot, fence}, hasBegun) {
        const since = hasBegun ? this.#knex.raw(this.#nowMs) : null;
        await this.#rows.where({name, slot, fence}).whereNotNull('lease_until').update({since});
    }

    /** An attempt has failed: a host that gets the slot goes on with the next one. */
    async keepAttempt({name, slot, fence, next}) {
        await this.#rows.where({name, slot, fence}).whereNotNull('lease_until').update(attemptOf(next));
    }

    /** This host does not do it: another one may, at once. */
    async giveBack({name, slot, fence, next}) {
        const row = this.#rows.where({name, slot, fence}).whereNotNull('lease_until');
        await row.update({lease_until: 0, ...attemptOf(next)});
    }

    /**
     * @returns {Promise<{name: string, slot: number, fence: number, leftMs: number, isGivenBack: boolean, next?: {attempt: number, retryAtMs?:
     *   number}, host: string | null, since: number, hasBegun: boolean}[]>} slots whose run has not ended
     */
    async unfinished(names) {
        const left = this.#knex.raw(`lease_until - ${this.#nowMs} AS left_ms`);
        const rows = await this.#rows
            .select('name', 'slot', 'fence', 'attempt', 'retry_at', 'host', 'since', 'lease_until', left)
            .whereIn('name', names)
            .whereNotNull('lease_until')
            .orderBy(['name', 'slot']);
        return rows.map(
            ({
                name,
                slot,
                fence,
                lease_until: leaseUntil,
                left_ms: leftMs,
                attempt,
                retry_at: retryAt,
                host,
                since
            }) => ({
                name,
                slot: Number(slot),
                fence: Number(fence),
                leftMs: Number(leftMs),
                isGivenBack: Number(leaseUntil) === 0,
                next: attempt === null ? undefined : {attempt, retryAtMs: numberOf(retryAt)},
                host,
                since: Math.max(Number(slot), numberOf(since) ?? 0),
                // An earlier build writes no host.
                hasBegun: since !== null || host === null
            })
        );
    }

    /** @returns {Promise<{hasEnded: boolean} | undefined>} a slot that a host has claimed */
    async find(name, slot) {
        const [row] = await this.#rows.select('lease_until').where({name, slot});
        return row && {hasEnded: row.lease_until === null};
    }

    /** @returns {Promise<boolean>} whether this host has a slot now that another one has lost */
    async takeOver({name, slot, fence}, lockMs) {
        const lost = this.#rows
            .where({name, slot, fence})
            .where('lease_until', '<=', this.#knex.raw(this.#nowMs));
        return (await lost.update({fence: fence + 1, ...this.#held(lockMs)})) === 1;
    }

    /** @returns {Promise<number | undefined>} the last slot of a job that was claimed */
    async last(name) {
        const [row] = await this.#rows.where({name}).max('slot as last');
        return row?.last === null || row?.last === undefined ? undefined : Number(row.last);
    }

    /** Deletes slots of a job that have ended and are older than this; not the last one, which tells what has been answered. */
    async prune(name, beforeMs) {
        const last = await this.last(name);
        if (last !== undefined) {
            await this.#rows
                .where({name})
                .whereNull('lease_until')
                .where('slot', '<', Math.min(last, beforeMs))
                .delete();
        }
    }

    /** What is written by the host that gets a slot. */
    #held(lockMs) {
        return {lease_until: this.#in(lockMs), host: this.#host, since: this.#knex.raw(this.#nowMs)};
    }

    #in(ms) {
        return this.#knex.raw(`${this.#nowMs} + ?`, [Math.round(ms)]);
    }
}

/** What is written of a failed attempt: nothing, if there is none. */
const attemptOf = (next) =>
    next === undefined
        ? {}
        : {attempt: next.attempt, retry_at: next.retryAtMs === undefined ? null : Math.round(next.retryAtMs)};

const numberOf = (value) => (value === null ? undefined : Number(value));

/** Another host may do the same at this moment. */
async function unlessThere(create) {
    try {
        await create();
    } catch (error) {
        if (!EXISTS.has(error.code)) {
            throw error;
        }
    }
}

module.exports = {LONGEST_NAME, SlotTable};
