'use strict';

/** What BullMQ runs on: Redis and Valkey through ioredis, or PostgreSQL through pg. */

const isPostgres = (connection) =>
    typeof connection === 'string'
        ? /^postgres(ql)?:/.test(connection)
        : connection.connectionString !== undefined || connection.database !== undefined;

const RETRY_MS = 250;
/** Errors of pg while the server is down, goes down or comes up: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const OUTAGE_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', '57P01', '57P02', '57P03']);
const OUTAGE_TEXT = /^Connection terminated|not queryable|timeout exceeded when trying to connect/;

const isOutage = ({code, message}) =>
    OUTAGE_CODES.has(code) || code?.startsWith('08') || OUTAGE_TEXT.test(message);

/**
 * Has the commands of a backend wait until the server is back, as those of ioredis do. Else BullMQ takes the error of an outage for
 * that of the run whose end could not be written, and a slot that could not be added is lost.
 *
 * @param {object} backend - of BullMQ
 * @param {(error: Error) => void} onOutage
 */
function patient(backend, onOutage) {
    const query = backend.query.bind(backend);
    const forQueue = backend.forQueue.bind(backend);
    backend.query = async (text, values) => {
        for (;;) {
            try {
                return await query(text, values);
            } catch (error) {
                if (!isOutage(error) || backend.connection.isClosing) {
                    throw error;
                }
                onOutage(error);
                await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
            }
        }
    };
    backend.forQueue = (...queue) => patient(forQueue(...queue), onOutage);
    return backend;
}

/**
 * @param {string | object} connection - of the option
 * @param {object} bullmq - the module
 * @param {(error: Error) => void} onOutage - while commands wait for the server
 * @returns {{connection: object, factory?: Function}} what its classes are made with
 */
function backendOf(connection, bullmq, onOutage) {
    if (!isPostgres(connection)) {
        // Commands wait until the server is back, instead of failing after some tries.
        const options = typeof connection === 'string' ? {url: connection} : connection;
        return {connection: {...options, maxRetriesPerRequest: null}};
    }
    const options = typeof connection === 'string' ? {connectionString: connection} : connection;
    const factory = (...how) => patient(bullmq.createPostgresBackend(...how), onOutage);
    return {connection: {migrate: true, ...options}, factory};
}

/** @returns {Promise<number>} the clock of the server in ms since 1970 */
async function serverTime(queue) {
    const {pool} = queue.backend.connection ?? {};
    if (pool !== undefined) {
        const {rows} = await pool.query('SELECT EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS now');
        return Number(rows[0].now);
    }
    const client = await queue.backend.client;
    const [seconds, micros] = await client.time();
    return Number(seconds) * 1000 + Number(micros) / 1000;
}

/** @returns {object} options of a Worker, but for its concurrency */
function workerOptions({prefix, lease, host}, {connection}, lockMs) {
    return {
        connection,
        prefix,
        name: host.id,
        lockDuration: lockMs,
        // Renewed here: what counts is when a renewal was sent.
        skipLockRenewal: true,
        stalledInterval: Math.max(500, Math.round(lease / 3)),
        // Decided here, by the job.
        maxStalledCount: 1_000_000,
        drainDelay: 10,
        runRetryDelay: 1_000
    };
}

module.exports = {backendOf, isPostgres, serverTime, workerOptions};
