'use strict';

/** What BullMQ runs on: Redis and Valkey through ioredis, or PostgreSQL through pg. */

const isPostgres = (connection) =>
    typeof connection === 'string'
        ? /^postgres(ql)?:/.test(connection)
        : connection.connectionString !== undefined || connection.database !== undefined;

/**
 * @param {string | object} connection - of the option
 * @param {object} bullmq - the module
 * @returns {{connection: object, factory?: Function}} what its classes are made with
 */
function backendOf(connection, bullmq) {
    if (!isPostgres(connection)) {
        // Commands wait until the server is back, instead of failing after some tries.
        const options = typeof connection === 'string' ? {url: connection} : connection;
        return {connection: {...options, maxRetriesPerRequest: null}};
    }
    const options = typeof connection === 'string' ? {connectionString: connection} : connection;
    return {connection: {migrate: true, ...options}, factory: bullmq.createPostgresBackend};
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
