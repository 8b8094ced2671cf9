'use strict';

// A host that runs one job and has nothing else to do. Its argument: where it checks in.

const JobManager = require('../../..');
const {checkIns, healthchecks} = require('../../../lib/check-ins');

async function main() {
    const jobManager = new JobManager();
    checkIns(jobManager, {jobs: {job: healthchecks({url: process.argv[2]})}});
    await jobManager.defineJob({name: 'job', job: async () => {}});
    const run = await jobManager.runJob('job');
    await run.result;
    await jobManager.shutdown();
}

main();
