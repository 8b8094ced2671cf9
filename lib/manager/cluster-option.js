'use strict';

const {invalid} = require('../host/options');

/** By this an adapter is joined; see `lib/cluster.js`. */
const JOIN = Symbol.for('@tryghost/job-manager.cluster');

/**
 * @param {import('../../index').Options} options - checked
 * @returns {object | undefined} the adapter of a manager that shares its jobs
 * @throws {IncorrectUsageError} INVALID_OPTION
 */
function adapterOf({cluster, timezone, store}) {
    if (cluster === undefined) {
        return undefined;
    }
    if (typeof cluster?.[JOIN] !== 'function') {
        throw invalid(
            'The option "cluster" of new JobManager() must be what bullmq() or database() of "@tryghost/job-manager/cluster" returns'
        );
    }
    if (timezone === undefined) {
        throw invalid(
            'The option "cluster" of new JobManager() needs a "timezone", such as "UTC": hosts in several zones would else have ' +
                'other due times for the same job'
        );
    }
    if (store !== undefined) {
        throw invalid(
            'The options "cluster" and "store" of new JobManager() are not possible together: runs are kept by what carries the cluster'
        );
    }
    return cluster;
}

module.exports = {JOIN, adapterOf};
