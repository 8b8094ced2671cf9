'use strict';

/** @returns {import('knex').Knex} for the URL of a MariaDB or a PostgreSQL */
function knexOf(url, {max = 4} = {}) {
    // Most hosts of the tests have none, and it takes time to load.
    const knex = require('knex');
    const {hostname, port, username, password, pathname, protocol} = new URL(url);
    const connection = {
        host: hostname,
        port: Number(port),
        user: username,
        password,
        database: pathname.slice(1)
    };
    return knex({client: protocol === 'mysql:' ? 'mysql2' : 'pg', connection, pool: {min: 0, max}});
}

module.exports = {knexOf};
