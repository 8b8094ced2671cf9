'use strict';

// What the store has of jobs that are not defined yet (`storedJobs`), and queues that are named after the manager is made.

const assert = require('node:assert/strict');
const path = require('node:path');
const {test} = require('node:test');
const JobManager = require('../..');
const {temporaryFolder} = require('../support/temporary-folder');

const nightly = {name: 'nightly', at: '0 0 3 * * *', timezone: 'UTC', job: () => {}, offloaded: false};

test('jobs of an earlier manager are listed with their waiting runs and schedules until they are defined', async (t) => {
    const store = path.join(temporaryFolder(t), 'jobs.db');
    const first = new JobManager({store});
    assert.deepEqual(first.storedJobs(), []);
    await first.addJob(nightly);
    await first.defineJob({name: 'mail', job: () => {}});
    await first.runJob('mail', {delay: 60_000});
    await first.runJob('mail', {delay: 60_000});
    assert.deepEqual(first.storedJobs(), [], 'they are defined here');
    await first.shutdown();

    const second = new JobManager({store});
    const left = [
        {name: 'mail', waiting: 2},
        {name: 'nightly', waiting: 0, at: '0 0 3 * * *', timezone: 'UTC'}
    ];
    assert.deepEqual(second.storedJobs(), left);
    await second.defineJob({name: 'mail', job: () => {}});
    assert.deepEqual(second.storedJobs(), left.slice(1));
    await second.addJob(nightly);
    assert.deepEqual(second.storedJobs(), []);
    await second.shutdown();
});

test('a manager without a store has none', async () => {
    const jobManager = new JobManager();
    assert.deepEqual(jobManager.storedJobs(), []);
    await jobManager.shutdown();
});

test('a queue that is added to `queues` later is there for the jobs that are defined from then on', async () => {
    const queues = {};
    const jobManager = new JobManager({queues});
    queues.late = {concurrency: 1};
    let going = 0;
    let most = 0;
    const job = async () => {
        going += 1;
        most = Math.max(most, going);
        await new Promise(setImmediate);
        going -= 1;
    };
    await jobManager.defineJob({name: 'one', queue: 'late', job});
    await jobManager.defineJob({name: 'other', queue: 'late', job});
    const names = ['one', 'other', 'one', 'other'];
    const runs = await Promise.all(names.map((name) => jobManager.runJob(name)));
    await Promise.all(runs.map(({result}) => result));
    assert.equal(most, 1);
    await jobManager.shutdown();
});
