'use strict';

/**
 * `@tryghost/job-manager/cluster`: several hosts share their jobs. Each function makes the value of the manager's option
 * `cluster`; what carries the claims is loaded when a manager is made with it.
 */

/** By this a manager joins; see `lib/manager/clustering.js`. */
const JOIN = Symbol.for('@tryghost/job-manager.cluster');

/**
 * BullMQ carries slots and runs: on Redis, Valkey or PostgreSQL.
 *
 * @param {import('./cluster').BullmqOptions} options
 * @returns {import('./cluster').Cluster}
 * @throws {Error} INVALID_OPTION
 */
function bullmq(options) {
    const {checkBullmq} = require('./cluster/options');
    const checked = checkBullmq(options);
    return cluster('bullmq', checked, (host) => {
        const {BullmqMember} = require('./cluster/bullmq/member');
        return new BullmqMember(host, checked);
    });
}

/**
 * A table carries slots: recurring jobs and one-off jobs run once in the cluster, without a queue.
 *
 * @param {import('./cluster').DatabaseOptions} options
 * @returns {import('./cluster').Cluster}
 * @throws {Error} INVALID_OPTION
 */
function database(options) {
    const {checkDatabase} = require('./cluster/options');
    const checked = checkDatabase(options);
    return cluster('database', checked, (host) => {
        const {DatabaseMember} = require('./cluster/database/member');
        return new DatabaseMember(host, checked);
    });
}

const cluster = (kind, {lead, lease}, join) => Object.freeze({kind, lead, lease, [JOIN]: join});

module.exports = {bullmq, database};
