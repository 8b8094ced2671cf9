'use strict';

// One of the hosts: each runs this same program.

const path = require('node:path');
const JobManager = require('@tryghost/job-manager');
const {bullmq} = require('@tryghost/job-manager/cluster');

const {REDIS_URL = 'redis://127.0.0.1:6379', QUEUE = 'example'} = process.env;

async function main() {
    const jobManager = new JobManager({
        timezone: 'UTC',
        cluster: bullmq({connection: REDIS_URL, queue: QUEUE, lease: 2_000})
    });
    process.once('SIGTERM', () => void jobManager.shutdown());
    await jobManager.addJob({
        name: 'digest',
        at: '*/2 * * * * *',
        job: path.join(__dirname, 'digest.js'),
        overlap: 'allow'
    });
}

main();
