'use strict';

const assert = require('node:assert/strict');
const {test} = require('node:test');
const JobManager = require('../..');
const {NODE_MAJORS, nodeBinary} = require('../support/nodes');
const {eventually} = require('../support/processes');
const {startProgram} = require('./support/programs');

for (const [action, output = ''] of [
    ['has the option of the manager'],
    ['has the option of each job'],
    ['calls unref() after it has added jobs'],
    ['calls unref() before it adds jobs'],
    ['adds 10,000 jobs'],
    ['has a setTimeout of its own'],
    ['has one other job', 'the other job\n'],
    ['calls ref() after unref()', 'referenced again\n'],
    ['has a script that runs when nothing else is left', 'the script has ended\n'],
    ['has an inline job that runs when nothing else is left', 'the function has ended\n'],
    ['has jobs for now, of which one waits', 'first\nsecond\n'],
    ['has a run that waits for its next attempt', 'attempt 1\nattempt 2\n'],
    ['forgets its manager', 'ran after a garbage collection\n']
]) {
    test(`unref: a process that ${action} ends by itself, and not before its runs`, async (t) => {
        const {ended, pids} = startProgram(t, 'unref.js', {args: [action], execArgv: ['--expose-gc']});
        assert.deepEqual(await ended, {code: 0, signal: null, output});
        await eventually('the end of its processes', () => pids().length === 0);
    });
}

for (const major of NODE_MAJORS) {
    test(`unref: a process on Node.js ${major} ends by itself, and not before its run`, async (t) => {
        const node = await nodeBinary(major);
        const run = (action) => startProgram(t, 'unref.js', {args: [action], node}).ended;
        assert.equal((await run('has the option of the manager')).code, 0);
        const {output} = await run('has a script that runs when nothing else is left');
        assert.equal(output, 'the script has ended\n');
    });
}

test('unref must be true or false, of the manager and of a job', async (t) => {
    const manager = new JobManager({logger: {}});
    t.after(() => manager.shutdown());
    const refused = (owner) => ({
        code: 'INVALID_OPTION',
        message: `The option "unref" ${owner} must be true or false, got the string "yes"`
    });
    assert.throws(() => new JobManager({unref: 'yes'}), refused('of new JobManager()'));
    const job = {name: 'a', at: 'every 1 hour', job: () => {}, unref: 'yes'};
    await assert.rejects(manager.addJob({...job, offloaded: false}), refused('of job "a"'));
    await assert.rejects(manager.defineJob(job), refused('of job "a"'));
});
