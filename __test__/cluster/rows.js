'use strict';

// The rows of one-off jobs that the hosts of a test have in common: a table on the server of the test, or a file.

const {openDatabase} = require('../../examples/database');
const {knexOf} = require('./knex');

/**
 * @param {string} location - `TABLE@URL` of an SQL server, or a file
 * @returns {Promise<{JobModel: object, row: (name: string) => Promise<object | undefined>, close: () => Promise<void>}>}
 */
async function openRows(location) {
    const at = location.indexOf('@');
    if (at === -1) {
        const {JobModel, connection, close} = await openDatabase(location);
        return {JobModel, row: (name) => connection('jobs').where({name}).first(), close};
    }
    const table = location.slice(0, at);
    const connection = knexOf(location.slice(at + 1), {max: 3});
    await createTable(connection, table);
    const rows = () => connection(table);
    const JobModel = {
        findOne: async ({name}) => (await rows().where({name}).first()) ?? null,
        add: (data) => rows().insert(data),
        edit: (data, {id}) => rows().where({id}).update(data),
        destroy: ({id}) => rows().where({id}).delete()
    };
    return {JobModel, row: (name) => rows().where({name}).first(), close: () => connection.destroy()};
}

async function createTable(connection, table) {
    if (await connection.schema.hasTable(table)) {
        return;
    }
    await connection.schema.createTable(table, (columns) => {
        columns.increments('id');
        columns.string('name', 191).notNullable().unique();
        columns.string('status', 50).notNullable();
        columns.dateTime('started_at');
        columns.dateTime('finished_at');
    });
}

module.exports = {openRows};
