'use strict';

const path = require('node:path');
const {openDatabase} = require('../../examples/database');
const {temporaryFolder} = require('./temporary-folder');

/**
 * Opens a database with Ghost's `jobs` table in a temporary folder. It is closed and deleted when the test ends.
 *
 * @param {import('node:test').TestContext} t
 * @returns {Promise<{JobModel: object, connection: import('knex').Knex, filename: string, rows: () => Promise<object[]>}>}
 */
async function temporaryDatabase(t) {
    const filename = path.join(temporaryFolder(t), 'jobs.db');
    const database = await openDatabase(filename);
    t.after(database.close);
    return {...database, filename, rows: () => database.connection('jobs').orderBy('name')};
}

module.exports = {openDatabase, temporaryDatabase};
