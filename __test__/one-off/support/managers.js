'use strict';

const path = require('node:path');
const JobManager = require('../../..');
const {JobsRepository} = require('../../../lib/one-off/jobs-repository');
const {cleanUp} = require('./cleanup');
const {recordingLogger} = require('../../inline/support');

const jobPath = (name) => path.join(__dirname, '..', 'jobs', `${name}.js`);

/**
 * A manager that is shut down when the test ends.
 *
 * @param {import('node:test').TestContext} t
 * @param {object} options - those of JobManager, and `pause`: how it waits between two tries of a model call
 * @returns {{manager: JobManager, lines: object, errors: [Error, object][]}} with what its logger and its
 *   errorHandler are told
 */
function createManager(t, {pause, ...options}) {
    const logger = recordingLogger();
    const errors = [];
    const errorHandler = (error, meta) => errors.push([error, meta]);
    const manager = new JobManager({logger, errorHandler, ...options});
    if (pause) {
        manager._jobsRepository = new JobsRepository(options.JobModel, {pause});
    }
    cleanUp(t, () => manager.shutdown());
    return {manager, lines: logger.lines, errors};
}

/** Is it the refusal of a one-off job that has been run? */
const alreadyExecuted = (name) => ({
    errorType: 'IncorrectUsageError',
    code: 'JOB_ALREADY_EXECUTED',
    message: `A "${name}" one off job has already been executed.`
});

module.exports = {alreadyExecuted, createManager, jobPath};
