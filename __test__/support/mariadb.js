'use strict';

const {randomBytes} = require('node:crypto');
const knex = require('knex');
const {createJobsTable, defineJobModel} = require('../../examples/database');

/** The server that tests may use, such as .ci/with-servers starts. */
const MARIADB_URL = process.env.JOB_MANAGER_TEST_MARIADB;

/** A connection as Ghost makes one: dates are in UTC. */
function connect(url, database) {
    const {hostname, port, username, password} = new URL(url);
    const server = {host: hostname, port: Number(port), user: username, password, database};
    return knex({client: 'mysql2', connection: {...server, timezone: 'Z', charset: 'utf8mb4'}});
}

/**
 * Opens a database, with a `jobs` table where there is none yet.
 *
 * @param {{url: string, database: string}} location
 * @returns the Knex `connection`, the `JobModel` on it, and `close()`
 */
async function openMariaDb({url, database}) {
    const connection = connect(url, database);
    await createJobsTable(connection);
    return {connection, JobModel: defineJobModel(connection), close: () => connection.destroy()};
}

/**
 * Creates a database on the server.
 *
 * @returns {Promise<{location: {url: string, database: string}, drop: () => Promise<void>}>}
 */
async function createMariaDb() {
    const database = `jobs_${randomBytes(8).toString('hex')}`;
    const server = connect(MARIADB_URL);
    await server.raw('CREATE DATABASE ??', [database]);
    const drop = async () => {
        await server.raw('DROP DATABASE ??', [database]);
        await server.destroy();
    };
    return {location: {url: MARIADB_URL, database}, drop};
}

module.exports = {MARIADB_URL, createMariaDb, openMariaDb};
