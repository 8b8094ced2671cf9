'use strict';

const assert = require('node:assert/strict');

const {chapter} = require('./support');
const {gate, recorder} = require('./support/recorder');
const {MemoryJobModel} = require('./support/job-model');

const {same, fix} = chapter('Waiting for jobs');

const inline = (manager, name, job) => manager.addJob({name, job, offloaded: false});
const fails = (message) => () => Promise.reject(new Error(message));

// awaitCompletion

same('awaitCompletion resolves when the named inline job completes', async ({create}) => {
    const manager = create({});
    const job = recorder();
    const completion = manager.awaitCompletion('solo');
    inline(manager, 'other', () => {});
    inline(manager, 'solo', job);
    assert.equal(await completion, undefined);
    assert.equal(job.calls.length, 1);
});

same("awaitCompletion resolves when the named offloaded job posts 'done'", async ({create, jobFile}) => {
    const manager = create({});
    const completion = manager.awaitCompletion('done');
    await manager.addJob({job: jobFile('done.js')});
    assert.equal(await completion, undefined);
});

fix(
    "an offloaded job that exits with code 0 has completed, whether or not it posted 'done'",
    {
        upstream: "without the message 'done' `awaitCompletion` waits for ever and the row stays `started`",
        ours: '`awaitCompletion` resolves and the row becomes `finished`'
    },
    async ({create, jobFile, outcome, pick}) => {
        const deleted = recorder();
        const JobModel = new MemoryJobModel({simple: {status: 'queued'}});
        const manager = create({JobModel});
        manager.bree.on('worker deleted', deleted);
        const completion = manager.awaitCompletion('simple');
        await manager.addJob({job: jobFile('simple.js')});
        await deleted.times(1);
        const {state} = await outcome(completion, {upstreamMs: 200});
        assert.equal(state, pick({upstream: 'pending', ours: 'resolved'}));
        assert.equal(JobModel.row('simple').status, pick({upstream: 'started', ours: 'finished'}));
    }
);

same('awaitCompletion rejects with the error of an inline job', async ({create}) => {
    const manager = create({});
    const error = new Error('job error');
    const completion = manager.awaitCompletion('fails');
    inline(manager, 'fails', () => Promise.reject(error));
    await assert.rejects(completion, (reason) => reason === error);
});

same('awaitCompletion rejects with the error of an offloaded job', async ({create}) => {
    const manager = create({errorHandler: () => {}});
    const completion = manager.awaitCompletion('fails');
    await manager.addJob({
        name: 'fails',
        job: () => {
            throw new Error('job error');
        }
    });
    await assert.rejects(completion, /job error/);
});

same('any number of callers can wait, each for one completion', async ({create}) => {
    const manager = create({});
    const first = [manager.awaitCompletion('solo'), manager.awaitCompletion('solo')];
    inline(manager, 'solo', () => {});
    await Promise.all(first);

    const second = manager.awaitCompletion('solo');
    inline(manager, 'solo', fails('second run'));
    await assert.rejects(second, /second run/);
});

same('the next run of a recurring job counts', async ({create, jobFile}) => {
    const manager = create({});
    const completion = manager.awaitCompletion('done');
    await manager.addJob({at: '* * * * * *', job: jobFile('done.js')});
    await completion;
    await manager.awaitCompletion('done');
});

same('when awaitCompletion resolves, the row is written', async ({create, jobFile}) => {
    const JobModel = new MemoryJobModel({inline: {status: 'queued'}, done: {status: 'queued'}});
    const manager = create({JobModel});
    for (const [name, job, offloaded] of [
        ['inline', () => {}, false],
        ['done', jobFile('done.js'), true]
    ]) {
        const completion = manager.awaitCompletion(name);
        await manager.addJob({name, job, offloaded});
        await completion;
        assert.equal(JobModel.row(name).status, 'finished');
    }
});

same('when awaitCompletion rejects, the row is written', async ({create, jobFile}) => {
    const JobModel = new MemoryJobModel({inline: {status: 'queued'}, throws: {status: 'queued'}});
    const manager = create({JobModel, errorHandler: () => {}});
    for (const [name, job, offloaded] of [
        ['inline', fails('job error'), false],
        ['throws', jobFile('throws.js'), true]
    ]) {
        const completion = manager.awaitCompletion(name);
        await manager.addJob({name, job, offloaded});
        await assert.rejects(completion, /job error/);
        assert.equal(JobModel.row(name).status, 'failed');
    }
});

fix(
    'a job whose only time is past settles awaitCompletion',
    {upstream: 'it waits for ever', ours: 'it rejects with the code JOB_SKIPPED'},
    async ({create, jobFile, outcome, pick}) => {
        const manager = create({});
        const completion = manager.awaitCompletion('late');
        await manager.addJob({name: 'late', at: new Date(0), job: jobFile('done.js')});
        const {state, error} = await outcome(completion, {upstreamMs: 100});
        assert.equal(state, pick({upstream: 'pending', ours: 'rejected'}));
        assert.equal(error?.code, pick({upstream: undefined, ours: 'JOB_SKIPPED'}));
    }
);

fix(
    'a job that is removed before it ran settles awaitCompletion',
    {upstream: 'it waits for ever', ours: 'it rejects with the code JOB_REMOVED'},
    async ({create, jobFile, outcome, pick}) => {
        const manager = create({});
        const completion = manager.awaitCompletion('later');
        await manager.addJob({name: 'later', at: new Date(Date.now() + 60_000), job: jobFile('done.js')});
        const settled = outcome(completion, {upstreamMs: 100});
        await manager.removeJob('later');
        const {state, error} = await settled;
        assert.equal(state, pick({upstream: 'pending', ours: 'rejected'}));
        assert.equal(error?.code, pick({upstream: undefined, ours: 'JOB_REMOVED'}));
    }
);

fix(
    'a job that has not run when its manager is shut down settles awaitCompletion',
    {upstream: 'it waits for ever', ours: 'it rejects with the code MANAGER_SHUT_DOWN'},
    async ({create, jobFile, outcome, pick}) => {
        const manager = create({});
        const completion = manager.awaitCompletion('later');
        await manager.addJob({name: 'later', at: new Date(Date.now() + 60_000), job: jobFile('done.js')});
        const settled = outcome(completion, {upstreamMs: 100});
        await manager.shutdown();
        const {state, error} = await settled;
        assert.equal(state, pick({upstream: 'pending', ours: 'rejected'}));
        assert.equal(error?.code, pick({upstream: undefined, ours: 'MANAGER_SHUT_DOWN'}));
    }
);

// allSettled

same('allSettled resolves at once when nothing is queued or running', async ({create}) => {
    assert.equal(await create({}).allSettled(), undefined);
});

same('allSettled resolves when the only job has completed', async ({create}) => {
    const manager = create({});
    const job = recorder();
    inline(manager, 'only', job);
    await manager.allSettled();
    assert.equal(job.calls.length, 1);
    await manager.shutdown();
    assert.equal(manager.inlineQueue.idle(), true);
});

fix(
    'allSettled waits for every queued and running inline job',
    {
        upstream: 'it resolves when the first of the last few jobs has completed, while others still run',
        ours: 'it resolves when none is queued or running'
    },
    async ({create, pick}) => {
        const manager = create({});
        const {open, opened} = gate();
        inline(manager, 'quick', () => {});
        inline(manager, 'slow', () => opened);
        let settled = false;
        const completion = manager.awaitCompletion('quick');
        const all = manager.allSettled().then(() => {
            settled = true;
        });
        await completion;
        await new Promise(setImmediate);
        assert.equal(settled, pick({upstream: true, ours: false}));
        assert.equal(manager.inlineQueue.idle(), false);
        open();
        await all;
    }
);

fix(
    'allSettled counts jobs without a name',
    {upstream: 'it waits for ever', ours: 'it resolves'},
    async ({create, outcome, pick}) => {
        const manager = create({});
        const job = recorder();
        manager.addJob({job, offloaded: false});
        const all = manager.allSettled();
        await job.times(1);
        const {state} = await outcome(all, {upstreamMs: 100});
        assert.equal(state, pick({upstream: 'pending', ours: 'resolved'}));
    }
);

fix(
    'allSettled rejects with the first error, but not before the other jobs have ended',
    {upstream: 'it rejects while other jobs still run', ours: 'it rejects when none is queued or running'},
    async ({create, pick}) => {
        const manager = create({});
        const {open, opened} = gate();
        const all = (() => {
            inline(manager, 'fails-first', fails('first error'));
            inline(manager, 'slow', () => opened);
            return manager.allSettled();
        })();
        let rejected = false;
        all.catch(() => {
            rejected = true;
        });
        const completion = manager.awaitCompletion('fails-first');
        await assert.rejects(completion, /first error/);
        await new Promise(setImmediate);
        assert.equal(rejected, pick({upstream: true, ours: false}));
        open();
        await assert.rejects(all, /first error/);
    }
);

same('an error before allSettled was called is not its error', async ({create}) => {
    const manager = create({});
    const completion = manager.awaitCompletion('fails');
    inline(manager, 'fails', fails('too early'));
    await assert.rejects(completion, /too early/);
    inline(manager, 'works', () => {});
    await manager.allSettled();
});
