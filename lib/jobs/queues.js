'use strict';

/** The queues of the manager, which jobs share. */

const {nearestName} = require('../host/nearest-name');
const {invalid} = require('../host/options');

const DEFAULT_CONCURRENCY = 3;

/**
 * How many runs of the queue of a job go at once.
 *
 * @param {{name: string, queue?: string, concurrency?: number}} job
 * @param {Record<string, {concurrency?: number}>} queues - of the manager
 * @returns {number | undefined} undefined if the job names no queue
 * @throws {Error} INVALID_OPTION, if the manager has no such queue
 */
function queueConcurrency({name, queue}, queues) {
    if (queue === undefined) {
        return undefined;
    }
    if (!Object.hasOwn(queues, queue)) {
        throw invalid(
            `The option "queue" of job "${name}" is "${queue}", which is no queue of the manager. ${advice(queue, queues)}`
        );
    }
    return queues[queue].concurrency ?? DEFAULT_CONCURRENCY;
}

function advice(queue, queues) {
    const names = Object.keys(queues);
    const meant = nearestName(queue, names);
    if (meant) {
        return `Did you mean "${meant}"?`;
    }
    return names.length > 0
        ? `The manager has ${names.map((known) => `"${known}"`).join(', ')}.`
        : `Name it there: new JobManager({queues: {${JSON.stringify(queue)}: {concurrency: 2}}}).`;
}

module.exports = {queueConcurrency};
