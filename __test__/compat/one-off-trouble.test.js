'use strict';

const assert = require('node:assert/strict');

const {chapter} = require('./support');
const {gate, recorder} = require('./support/recorder');
const {MemoryJobModel} = require('./support/job-model');

const {fix} = chapter('One-off jobs, several at once or with a slow or failing database');

fix(
    'of two hosts that add the same one-off at once, one wins',
    {
        upstream: "the other rejects with the raw error of the database's unique key",
        ours: 'the other rejects as already executed'
    },
    async ({create, pick}) => {
        const JobModel = new MemoryJobModel();
        const job = recorder();
        const outcomes = await Promise.allSettled(
            [create({JobModel}), create({JobModel})].map((manager) =>
                manager.addOneOffJob({name: 'migration', job, offloaded: false})
            )
        );
        await JobModel.reached('migration', 'finished');
        assert.equal(job.calls.length, 1);
        const {reason} = outcomes.find(({status}) => status === 'rejected');
        assert.match(
            reason.message,
            pick({
                upstream: /UNIQUE constraint failed/,
                ours: /A "migration" one off job has already been executed\./
            })
        );
    }
);

fix(
    'the writes for one name happen one after another, however slow the database is',
    {
        upstream: 'a slow write of `started` lands after `finished`, and stays',
        ours: '`finished` is written after `started`'
    },
    async ({create, jobFile, pick}) => {
        const {open, opened} = gate();
        const JobModel = new (class extends MemoryJobModel {
            async edit(columns, options) {
                if (columns.status === 'started') {
                    await opened;
                }
                return super.edit(columns, options);
            }
        })();
        const deleted = recorder();
        const manager = create({JobModel});
        manager.bree.on('worker deleted', deleted);
        await manager.addOneOffJob({name: 'done', job: jobFile('done.js')});
        await deleted.times(1);
        await new Promise(setImmediate);
        open();
        await Promise.all([JobModel.reached('done', 'started'), JobModel.reached('done', 'finished')]);
        assert.deepEqual(
            JobModel.statuses('done'),
            pick({
                upstream: ['queued', 'finished', 'started'],
                ours: ['queued', 'started', 'finished']
            })
        );
    }
);

fix(
    'a write that fails once is tried again',
    {upstream: 'an unhandled rejection ends the host', ours: 'the row is written at the second attempt'},
    async ({host, pick}) => {
        const {exitCode, reports} = await host(async ({JobManager, MemoryModel, jobFile, report}) => {
            let failures = 1;
            class Flaky extends MemoryModel {
                async edit(columns, options) {
                    if (columns.status === 'finished' && failures > 0) {
                        failures -= 1;
                        throw new Error('connection lost');
                    }
                    return super.edit(columns, options);
                }
            }
            const JobModel = new Flaky();
            const manager = new JobManager({JobModel});
            await manager.addOneOffJob({name: 'done', job: jobFile('done.js')});
            await JobModel.reached('done', 'finished');
            report(JobModel.statuses('done'));
        });
        assert.deepEqual(
            {exitCode, reports},
            pick({
                upstream: {exitCode: 1, reports: []},
                ours: {exitCode: 0, reports: [['queued', 'started', 'finished']]}
            })
        );
    }
);

fix(
    'a database that stays away is reported, and does not change the outcome of the job',
    {
        upstream: 'an unhandled rejection ends the host',
        ours: 'after its attempts (about 5 s) the error is given to `errorHandler`; the job has completed'
    },
    async ({host, pick}) => {
        const {exitCode, reports} = await host(async ({JobManager, MemoryModel, jobFile, report}) => {
            class Away extends MemoryModel {
                async edit() {
                    throw new Error('no database');
                }
            }
            const JobModel = new Away();
            const manager = new JobManager({
                JobModel,
                errorHandler: (error, {name}) => report([name, error.message.includes('no database')])
            });
            const completion = manager.awaitCompletion('done');
            await manager.addOneOffJob({name: 'done', job: jobFile('done.js')});
            await completion;
            report('completed');
        });
        assert.deepEqual(
            [exitCode, reports.includes('completed'), reports.some(([name]) => name === 'done')],
            pick({
                upstream: [1, false, false],
                ours: [0, true, true]
            })
        );
    }
);

fix(
    'a JobModel without a method that is needed is refused by the constructor',
    {
        upstream: 'the manager is made; a TypeError at the first call of the method',
        ours: 'an IncorrectUsageError that names the method'
    },
    async ({create, pick}) => {
        const JobModel = {findOne: async () => null, add: async () => {}};
        let code;
        try {
            create({JobModel});
        } catch (error) {
            code = error.code;
        }
        assert.equal(code, pick({upstream: undefined, ours: 'INVALID_OPTION'}));
    }
);

fix(
    'rows may be plain objects',
    {upstream: 'a TypeError: `get` is no function', ours: 'their properties are read'},
    async ({create, outcome, isOurs}) => {
        const row = {id: 1, status: 'finished'};
        const JobModel = {findOne: async () => row, add: async () => row, edit: async () => row};
        const manager = create({JobModel});
        const {state, value} = await outcome(manager.hasExecutedSuccessfully('plain'));
        assert.deepEqual([state, value], isOurs ? ['resolved', true] : ['rejected', undefined]);
    }
);

fix(
    'a call of the JobModel that never settles',
    {
        upstream: 'an inline job keeps its place in the queue for ever',
        ours: 'after `modelTimeout` (30 s) it is given up and reported; the place is freed'
    },
    async ({create, outcome, pick}) => {
        const never = () => new Promise(() => {});
        const JobModel = {findOne: never, add: never, edit: never};
        const manager = create({JobModel, modelTimeout: 20, errorHandler() {}, inlineConcurrency: 3});
        for (const name of ['first', 'second', 'third']) {
            manager.addJob({name, job() {}, offloaded: false});
        }
        const job = recorder();
        manager.addJob({job, offloaded: false});
        const {state} = await outcome(job.times(1), {upstreamMs: 100});
        assert.equal(state, pick({upstream: 'pending', ours: 'resolved'}));
    }
);
