'use strict';

const path = require('node:path');
const {openDatabase} = require('../../../examples/database');
const {cleanUp} = require('./cleanup');
const {MARIADB_URL, createMariaDb, openMariaDb} = require('../../support/mariadb');
const {temporaryFolder} = require('../../support/temporary-folder');

/**
 * @typedef {object} Database
 * @property {object} location - for `open`, also in another process
 * @property {object} JobModel
 * @property {() => Promise<object>} open - another connection, as another host has it
 * @property {(name: string) => Promise<object | undefined>} row
 * @property {() => Promise<object[]>} rows - by name
 */

/** Opens a database that exists, from where another process says it is. */
const open = (location) => (location.url ? openMariaDb(location) : openDatabase(location.filename));

const createLocation = {
    'embedded SQL database': async (t) => ({filename: path.join(temporaryFolder(t), 'jobs.db')}),
    async MariaDB(t) {
        const {location, drop} = await createMariaDb();
        cleanUp(t, drop);
        return location;
    }
};

/** The databases that the tests run on. */
const ENGINES = Object.keys(createLocation).filter((name) => name !== 'MariaDB' || MARIADB_URL);

if (!MARIADB_URL) {
    console.log('Left out: the tests on MariaDB. JOB_MANAGER_TEST_MARIADB does not say where a server is.');
}

/**
 * @param {import('node:test').TestContext} t
 * @param {string} engine - one of ENGINES
 * @returns {Promise<Database>} an empty `jobs` table, gone when the test ends
 */
async function createDatabase(t, engine) {
    const location = await createLocation[engine](t);
    const openHere = async () => {
        const database = await open(location);
        cleanUp(t, database.close);
        return database;
    };
    const {JobModel, connection} = await openHere();
    return {
        location,
        JobModel,
        connection,
        open: openHere,
        row: (name) => connection('jobs').where({name}).first(),
        rows: () => connection('jobs').orderBy('name')
    };
}

module.exports = {ENGINES, createDatabase, open};
