'use strict';

/** What the host and the script of worker processes agree on before there is a channel between them. */

/**
 * The variable that carries the `NODE_OPTIONS` of the host, or of the job, where a worker process is started with
 * others. Its name begins with NODE_: a process that was started under another value is no spare for the job.
 */
const ORIGINAL_OPTIONS = 'NODE_OPTIONS_OF_JOB';

/** The property of `process` that a worker process has while preloads run, and until its job begins. */
const PREPARED = Symbol.for('@tryghost/job-manager: a worker process whose job has not begun');

/**
 * Puts `NODE_OPTIONS` back as the job shall see them.
 *
 * @param {Record<string, string>} variables of a worker process; changed
 */
function restoreOptions(variables) {
    const options = variables[ORIGINAL_OPTIONS];
    if (options !== undefined) {
        variables.NODE_OPTIONS = options;
        delete variables[ORIGINAL_OPTIONS];
    }
}

module.exports = {ORIGINAL_OPTIONS, PREPARED, restoreOptions};
