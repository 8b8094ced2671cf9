'use strict';

/**
 * Offloaded jobs whose module exports a function and does nothing else: a habit from inline jobs, whose function is
 * called. An offloaded job is a script; such a one would count as a success that never was.
 */

const {JobError} = require('../host/errors');

const REMEDY =
    'Use defineJob() and runJob(), which call it in a process that is kept, or `offloaded: false`, which calls it in ' +
    "this one; or call it at the end of the file. If the file has done its work without that, let it post 'done': " +
    "parentPort.postMessage('done').";

class Uncalled {
    #logger;
    /** Jobs that have been warned about: once, however often they run. */
    #warned = new WeakSet();

    /** @param {{warn: Function}} logger */
    constructor(logger) {
        this.#logger = logger;
    }

    /**
     * Looks at a run that ended with exit code 0.
     *
     * @param {string} name - the job
     * @param {import('./worker-view').WorkerView} [worker] - of the run
     * @param {{isOneOff: boolean}} [job] - as it is registered
     * @returns {JobError | undefined} JOB_NOT_RUN, for a one-off job that has done nothing at all: its row must not say
     *   otherwise for ever
     */
    check(name, worker, job) {
        if (!worker?.exported || worker.hasPosted) {
            return undefined;
        }
        if (job?.isOneOff && worker.exported.isIdle) {
            return new JobError(
                'JOB_NOT_RUN',
                name,
                `Worker for job "${name}" ran nothing: its module exports a function, which addJob does not call, and ` +
                    `had begun nothing else when it was loaded. ${REMEDY}`
            );
        }
        if (job && !this.#warned.has(job)) {
            this.#warned.add(job);
            this.#logger.warn(
                `Job "${name}" ended with code 0 and posted nothing. Its module exports a function, which addJob does ` +
                    `not call. ${REMEDY}`
            );
        }
        return undefined;
    }
}

module.exports = {Uncalled};
