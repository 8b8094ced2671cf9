'use strict';

/** The options of the functions in `lib/cluster.js`, checked. */

const DEFAULT_LEAD_MS = 250;
const DEFAULT_LEASE_MS = 30_000;
const LEAST_LEASE_MS = 1_000;
const DEFAULT_CONCURRENCY = 100;

const isObject = (value) => typeof value === 'object' && value !== null;

function invalid(message) {
    return Object.assign(new TypeError(message), {code: 'INVALID_OPTION'});
}

/** @throws {Error} INVALID_OPTION for a name that is none of `known` */
function checkNames(call, options, known) {
    if (!isObject(options)) {
        throw invalid(`${call}() takes an object of options, such as ${known.example}`);
    }
    for (const name of Object.keys(options)) {
        if (!known.names.includes(name)) {
            throw invalid(
                `The option "${name}" of ${call}() is not known: it takes ${known.names.map((one) => `"${one}"`).join(', ')}`
            );
        }
    }
}

function milliseconds(call, name, value, least) {
    if (typeof value !== 'number' || !(value >= least && value <= 2 ** 31 - 1)) {
        throw invalid(
            `The option "${name}" of ${call}() must be a number of milliseconds from ${least} up, got ${String(value)}`
        );
    }
    return value;
}

function text(call, name, value) {
    if (typeof value !== 'string' || value === '' || value.includes(':')) {
        throw invalid(
            `The option "${name}" of ${call}() must be a string that is not empty and has no ":", got ${String(value)}`
        );
    }
    return value;
}

function times(call, {lead = DEFAULT_LEAD_MS, lease = DEFAULT_LEASE_MS, clockSkew = 0}) {
    return {
        lead: milliseconds(call, 'lead', lead, 10),
        lease: milliseconds(call, 'lease', lease, LEAST_LEASE_MS),
        clockSkew
    };
}

/** @returns {object} the options with their defaults */
function checkBullmq(options) {
    const call = 'bullmq';
    checkNames(call, options, {
        names: ['connection', 'queue', 'prefix', 'lead', 'lease', 'concurrency', 'clockSkew'],
        example: "{connection: {host: '127.0.0.1', port: 6379}, queue: 'jobs'}"
    });
    const {connection, queue = 'jobs', prefix = 'jm', concurrency = DEFAULT_CONCURRENCY} = options;
    if (!isCloneable(connection)) {
        throw invalid(
            'The option "connection" of bullmq() must be a URL, or an object of plain values such as {host, port, password}: ' +
                'the connections are made in a thread of their own, to which a client (new Redis(), new Pool()) cannot be handed'
        );
    }
    if (!Number.isInteger(concurrency) || concurrency < 1) {
        throw invalid('The option "concurrency" of bullmq() must be a whole number from 1 up');
    }
    return {
        connection,
        queue: text(call, 'queue', queue),
        prefix: text(call, 'prefix', prefix),
        concurrency,
        ...times(call, options)
    };
}

/** A class's object, such as a client, does not survive being handed to a thread. */
function isCloneable(connection) {
    if (typeof connection === 'string') {
        return connection !== '';
    }
    if (!isObject(connection) || Object.getPrototypeOf(connection) !== Object.prototype) {
        return false;
    }
    try {
        structuredClone(connection);
        return true;
    } catch {
        return false;
    }
}

/** @returns {object} the options with their defaults */
function checkDatabase(options) {
    const call = 'database';
    checkNames(call, options, {
        names: ['knex', 'table', 'lead', 'lease', 'clockSkew'],
        example: '{knex}'
    });
    const {knex, table = 'job_slots'} = options;
    if (typeof knex !== 'function' || typeof knex.raw !== 'function') {
        throw invalid(
            'The option "knex" of database() must be a Knex instance: require("knex")({client, connection})'
        );
    }
    const client = String(knex.client?.config?.client ?? '');
    if (!/mysql|maria|pg|postgres/.test(client)) {
        throw invalid(
            `database() needs MySQL, MariaDB or PostgreSQL, and the Knex instance is for "${client}": several hosts cannot share it`
        );
    }
    return {knex, table: text(call, 'table', table), ...times(call, options)};
}

module.exports = {checkBullmq, checkDatabase, invalid};
