'use strict';

const knex = require('knex');

/** @returns {import('knex').Knex} a database by its URL */
function knexOf(url) {
    const {hostname, port, username, password, pathname, protocol} = new URL(url);
    const connection = {
        host: hostname,
        port: Number(port),
        user: username,
        password,
        database: pathname.slice(1)
    };
    return knex({client: protocol === 'mysql:' ? 'mysql2' : 'pg', connection, pool: {min: 0, max: 4}});
}

module.exports = {knexOf};
