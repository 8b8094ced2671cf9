// A JobModel over plain Knex: what a job manager asks of the table `jobs`, and nothing else.

import {randomUUID} from 'node:crypto';

/** Creates the table, unless it is there. */
export async function createJobsTable(knex) {
    if (await knex.schema.hasTable('jobs')) {
        return;
    }
    await knex.schema.createTable('jobs', (table) => {
        table.string('id', 36).primary();
        // The unique key decides which of several hosts may run a one-off job.
        table.string('name', 191).notNullable().unique();
        table.string('status', 50).notNullable();
        table.dateTime('started_at');
        table.dateTime('finished_at');
        table.dateTime('created_at').notNullable();
        table.dateTime('updated_at');
    });
}

/** @param {import('knex').Knex} knex */
export function createJobModel(knex) {
    return {
        async add(data) {
            await knex('jobs').insert({id: randomUUID(), created_at: new Date(), ...data});
        },

        async findOne({name}) {
            const row = await knex('jobs').where({name}).first();
            return row ? {id: row.id, get: (column) => row[column]} : null;
        },

        async edit(data, {id}) {
            await knex('jobs')
                .where({id})
                .update({updated_at: new Date(), ...data});
        },

        // With it, two hosts that add the same failed job again at the same moment take turns.
        async destroy({id}) {
            await knex('jobs').where({id}).delete();
        }
    };
}
