'use strict';

/** What a page says about an action that was asked for. Only a code is in the URL, so that no link can make a page say anything else. */

const MESSAGES = {
    'run-accepted': 'The run was accepted.',
    'job-paused': 'The job is paused: its due times get no run until it is resumed.',
    'job-resumed': 'The job goes on.',
    'all-paused': 'All jobs are paused.',
    'all-resumed': 'All jobs go on, but those that were paused one by one.',
    'run-cancelling': 'The run was asked to stop.',
    'run-cancelled': 'The run was cancelled.',
    'run-retried': 'The job runs again, with the same data.'
};

const REFUSALS = {
    'job-unknown': 'There is no such job any more.',
    'job-already-running': 'Not run: the job is running already, and its option "overlap" is "skip".',
    'job-already-executed': 'Not run: this one-off job has been executed.',
    'queue-full': 'Not run: as many runs of this job wait as may wait.',
    'run-unknown': 'There is no such run.',
    'run-forgotten': 'The run is no longer kept.',
    'run-ended': 'The run has ended already.',
    'run-not-failed': 'Only a run that has failed can be tried again.',
    'run-not-stoppable':
        'Nothing can stop this function: it runs on the event loop of the host, without "context".',
    'run-data-gone': 'The data of the run was too large to be kept: it cannot be tried again.',
    'run-elsewhere': 'Another host of the cluster has the run: only that one can do this.',
    'cluster-unreachable': 'The queue of the cluster does not answer: nothing is known to have been done.',
    'manager-shutting-down': 'The manager is being shut down, and accepts nothing.',
    'manager-shut-down': 'The manager has been shut down.',
    'bad-parameter': 'The request had a parameter that is not understood.',
    'not-done': 'That could not be done. The log of the host has the reason.'
};

/** What is done to the jobs of one host, or of all. */
const STEERS = new Set(['job-paused', 'job-resumed', 'all-paused', 'all-resumed']);
const WHERE = {all: ' On all hosts of the cluster.', one: ' On this host: the others go on as they are.'};

/**
 * @param {string | undefined} code
 * @param {'all' | 'one' | undefined} [where] - in a cluster: whose jobs are steered
 * @returns {{text: string, isRefusal: boolean} | undefined} undefined for a code that is none
 */
function flashOf(code, where) {
    if (code === undefined || code === null) {
        return undefined;
    }
    if (Object.hasOwn(MESSAGES, code)) {
        const more = where !== undefined && STEERS.has(code) ? WHERE[where] : '';
        return {text: MESSAGES[code] + more, isRefusal: false};
    }
    return Object.hasOwn(REFUSALS, code) ? {text: REFUSALS[code], isRefusal: true} : undefined;
}

module.exports = {MESSAGES, REFUSALS, flashOf};
