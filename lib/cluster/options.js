'use strict';

/** The options of the functions in `lib/cluster.js`, checked. */

const {describeValue} = require('../host/describe-value');
const {nearestName} = require('../host/nearest-name');
const {invalid} = require('../host/options');

const DEFAULT_LEAD_MS = 250;
const LEAST_LEAD_MS = 10;
const DEFAULT_LEASE_MS = 30_000;
const LEAST_LEASE_MS = 1_000;
const DEFAULT_CONCURRENCY = 100;

const URL_SCHEMES = ['redis:', 'rediss:', 'postgres:', 'postgresql:'];

const isObject = (value) => typeof value === 'object' && value !== null;

/** @throws {Error} INVALID_OPTION for a name that is none of `known` */
function checkNames(call, options, known) {
    if (!isObject(options)) {
        // A URL may hold a password.
        throw invalid(
            `${call}() takes an object of options, such as ${known.example}, got ${typeof options === 'string' ? 'a string' : describeValue(options)}`
        );
    }
    for (const name of Object.keys(options)) {
        if (!known.names.includes(name)) {
            const meant = nearestName(name, known.names);
            throw invalid(
                `The option "${name}" of ${call}() is not known. ` +
                    (meant ? `Did you mean "${meant}"?` : `It takes ${quoted(known.names)}.`)
            );
        }
    }
}

const quoted = (names) => names.map((name) => `"${name}"`).join(', ');

function milliseconds(call, name, value, least) {
    if (typeof value !== 'number' || !(value >= least && value <= 2 ** 31 - 1)) {
        throw invalid(
            `The option "${name}" of ${call}() must be a number of milliseconds from ${least} up, got ${describeValue(value)}`
        );
    }
    return value;
}

function text(call, name, value) {
    if (typeof value !== 'string' || value === '' || value.includes(':')) {
        throw invalid(
            `The option "${name}" of ${call}() must be a string that is not empty and has no ":", got ${describeValue(value)}`
        );
    }
    return value;
}

function times(call, {lead = DEFAULT_LEAD_MS, lease = DEFAULT_LEASE_MS, clockSkew = 0}) {
    milliseconds(call, 'lead', lead, LEAST_LEAD_MS);
    milliseconds(call, 'lease', lease, LEAST_LEASE_MS);
    if (lead > lease / 2) {
        throw invalid(
            `The option "lead" of ${call}() is ${lead} ms, more than half of the lease of ${lease} ms: what is claimed so early would be lost ` +
                'before it is due. Make "lead" shorter or "lease" longer'
        );
    }
    return {lead, lease, clockSkew};
}

/** @returns {object} the options with their defaults */
function checkBullmq(options) {
    const call = 'bullmq';
    checkNames(call, options, {
        names: ['connection', 'queue', 'prefix', 'lead', 'lease', 'concurrency', 'clockSkew'],
        example: "{connection: {host: '127.0.0.1', port: 6379}, queue: 'jobs'}"
    });
    const {connection, queue = 'jobs', prefix = 'jm', concurrency = DEFAULT_CONCURRENCY} = options;
    checkConnection(connection);
    if (!Number.isInteger(concurrency) || concurrency < 1) {
        throw invalid(
            `The option "concurrency" of bullmq() must be a whole number from 1 up, got ${describeValue(concurrency)}`
        );
    }
    return {
        connection,
        queue: text(call, 'queue', queue),
        prefix: text(call, 'prefix', prefix),
        concurrency,
        ...times(call, options)
    };
}

function checkConnection(connection) {
    if (typeof connection === 'string') {
        // Not shown: it may hold a password.
        if (!URL_SCHEMES.some((scheme) => connection.startsWith(`${scheme}//`))) {
            throw invalid(
                'The option "connection" of bullmq() must be a URL that begins with redis://, rediss:// or postgres://, such as ' +
                    '"redis://127.0.0.1:6379"'
            );
        }
    } else if (!isPlain(connection)) {
        throw invalid(
            'The option "connection" of bullmq() must be a URL such as "redis://127.0.0.1:6379", or an object of plain values such as ' +
                '{host, port, password}: the connections are made in a thread of their own, to which a client (new Redis(), new Pool()) ' +
                'cannot be handed'
        );
    }
}

/** A class's object, such as a client, does not survive being handed to a thread. */
function isPlain(connection) {
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
            `The option "knex" of database() must be a Knex instance, such as require("knex")({client, connection}), got ${describeValue(knex)}`
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

module.exports = {checkBullmq, checkDatabase};
