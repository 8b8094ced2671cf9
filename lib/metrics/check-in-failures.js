'use strict';

const {JobListeners} = require('../host/job-listeners');

/**
 * Counts check-ins that have failed, and warns of the first one of each job and service. They are announced on
 * `jobManager.events` by an entry point of the package that knows nothing else of the manager.
 *
 * @param {import('../host/job-listeners').JobListeners} listeners
 * @param {{counters: import('./counters').Counters, logger: object}} parts
 */
function watchCheckIns(listeners, {counters, logger}) {
    const warned = new Set();
    JobListeners.watch(listeners, 'check-in failed', ({job, service, error}) => {
        counters.checkInFailures += 1;
        const key = JSON.stringify([job, service]);
        if (!warned.has(key)) {
            warned.add(key);
            logger.warn(
                `A check-in of job "${job}" with ${service} failed: ${error?.message}. The job is not affected. Further failures ` +
                    'are counted (checkin_failures_total of metrics()), and not logged'
            );
        }
    });
}

module.exports = {watchCheckIns};
