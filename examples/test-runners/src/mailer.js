'use strict';

const path = require('node:path');
const JobManager = require('@tryghost/job-manager');

/** What the tests are about: a service that sends a digest every morning. */
function createMailer(options) {
    const jobManager = new JobManager(options);
    return {
        jobManager,
        start: () =>
            jobManager.addJob({
                name: 'digest',
                at: 'every day at 09:00',
                timezone: 'UTC',
                job: path.join(__dirname, 'jobs', 'digest.js')
            }),
        stop: () => jobManager.shutdown()
    };
}

module.exports = {createMailer};
