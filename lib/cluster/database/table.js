'use strict';

/** The table `job_slots`, on MySQL, MariaDB and PostgreSQL: one row for each slot of a job that was claimed. */

/** The clock of the server in ms since 1970, as SQL. */
const NOW_MS = {
    mysql: '(CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED))',
    postgres: '(CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT))'
};
/** The error of an INSERT that another host was faster with. */
const DUPLICATE = new Set(['ER_DUP_ENTRY', '23505']);
/** Of a table that another host has just created. */
const EXISTS = new Set(['ER_TABLE_EXISTS_ERROR', '42P07', '23505']);
const LONGEST_NAME = 191;

class SlotTable {
    #knex;
    #table;
    #nowMs;

    /** @param {{knex: import('knex').Knex, table: string}} options */
    constructor({knex, table}) {
        this.#knex = knex;
        this.#table = table;
        const client = String(knex.client.config.client);
        this.#nowMs = /pg|postgres/.test(client) ? NOW_MS.postgres : NOW_MS.mysql;
    }

    get #rows() {
        return this.#knex(this.#table);
    }

    /** Creates the table where there is none. */
    async create() {
        if (await this.#knex.schema.hasTable(this.#table)) {
            return;
        }
        try {
            await this.#knex.schema.createTable(this.#table, (table) => {
                table.string('name', LONGEST_NAME).notNullable();
                table.bigInteger('slot').notNullable();
                // Until when a host has the slot, in ms since 1970; null once its run has ended.
                table.bigInteger('lease_until');
                table.integer('fence').notNullable();
                table.primary(['name', 'slot']);
            });
        } catch (error) {
            if (!EXISTS.has(error.code)) {
                throw error;
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
            await this.#rows.insert({name, slot, lease_until: this.#in(lockMs), fence: 1});
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

    /** This host does not do it: another one may, at once. */
    async giveBack({name, slot, fence}) {
        await this.#rows.where({name, slot, fence}).whereNotNull('lease_until').update({lease_until: 0});
    }

    /**
     * @returns {Promise<{name: string, slot: number, fence: number, leftMs: number, isGivenBack: boolean}[]>} slots whose run has not
     *   ended
     */
    async unfinished(names) {
        const left = this.#knex.raw(`lease_until - ${this.#nowMs} AS left_ms`);
        const rows = await this.#rows
            .select('name', 'slot', 'fence', 'lease_until', left)
            .whereIn('name', names)
            .whereNotNull('lease_until');
        return rows.map(({name, slot, fence, lease_until: until, left_ms: leftMs}) => ({
            name,
            slot: Number(slot),
            fence: Number(fence),
            leftMs: Number(leftMs),
            isGivenBack: Number(until) === 0
        }));
    }

    /** @returns {Promise<boolean>} whether this host has a slot now that another one has lost */
    async takeOver({name, slot, fence}, lockMs) {
        const lost = this.#rows
            .where({name, slot, fence})
            .where('lease_until', '<=', this.#knex.raw(this.#nowMs));
        return (await lost.update({lease_until: this.#in(lockMs), fence: fence + 1})) === 1;
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

    #in(ms) {
        return this.#knex.raw(`${this.#nowMs} + ?`, [Math.round(ms)]);
    }
}

module.exports = {LONGEST_NAME, SlotTable};
