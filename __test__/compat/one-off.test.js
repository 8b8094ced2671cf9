'use strict';

const assert = require('node:assert/strict');

const {chapter} = require('./support');
const {gate, recorder} = require('./support/recorder');
const {MemoryJobModel} = require('./support/job-model');

const {same, fix} = chapter('One-off jobs');

const alreadyExecuted = (name) => ({
    name: 'IncorrectUsageError',
    message: `A "${name}" one off job has already been executed.`
});

// What is refused

same('a one-off needs a name', async ({create}) => {
    const manager = create({JobModel: new MemoryJobModel()});
    await assert.rejects(manager.addOneOffJob({job: () => {}}), {
        name: 'IncorrectUsageError',
        message: 'The name parameter is required for a one off job.'
    });
});

for (const status of ['queued', 'started', 'finished']) {
    same(`a one-off whose row is ${status} is refused, and nothing is written`, async ({create}) => {
        const JobModel = new MemoryJobModel({backup: {status}});
        const manager = create({JobModel});
        const job = recorder();
        await assert.rejects(
            manager.addOneOffJob({name: 'backup', job, offloaded: false}),
            alreadyExecuted('backup')
        );
        await manager.allSettled();
        assert.deepEqual([job.calls, JobModel.statuses('backup')], [[], []]);
    });
}

fix(
    'a one-off without a JobModel is refused with an error that names it',
    {
        upstream: 'a TypeError about `read` of undefined',
        ours: 'an IncorrectUsageError that names the JobModel'
    },
    async ({create, pick}) => {
        const manager = create({});
        await assert.rejects(
            manager.addOneOffJob({name: 'backup', job: () => {}, offloaded: false}),
            pick({upstream: {name: 'TypeError'}, ours: {name: 'IncorrectUsageError', message: /JobModel/}})
        );
    }
);

fix(
    'an offloaded one-off whose module only exports a function has not been run',
    {
        upstream: 'without a message its row stays `started`',
        ours: 'it fails with JOB_NOT_RUN; other jobs of that kind are warned about'
    },
    async ({create, jobFile, pick}) => {
        const deleted = recorder();
        const JobModel = new MemoryJobModel();
        const manager = create({JobModel, errorHandler: () => {}});
        manager.bree.on('worker deleted', deleted);
        await manager.addOneOffJob({name: 'exports', job: jobFile('exports-function.js')});
        await deleted.times(1);
        await manager.hasExecutedSuccessfully('exports');
        assert.equal(JobModel.row('exports').status, pick({upstream: 'started', ours: 'failed'}));
    }
);

fix(
    'an offloaded one-off that could never start is refused before anything is written',
    {
        upstream: 'the row is written as `queued`, then an unhandled rejection ends the host',
        ours: '`addOneOffJob` rejects; no row'
    },
    async ({host, pick}) => {
        for (const kind of ['missing file', 'bound function']) {
            const {exitCode, reports} = await host(
                async ({JobManager, MemoryModel, jobFile, report, settings}) => {
                    const JobModel = new MemoryModel();
                    const manager = new JobManager({JobModel});
                    const job =
                        settings.kind === 'missing file'
                            ? jobFile('missing.js')
                            : function bound() {
                                  return this;
                              }.bind(null);
                    await manager.addOneOffJob({name: 'never', job}).catch(() => report('rejected'));
                    report(JobModel.statuses('never'));
                },
                {settings: {kind}}
            );
            assert.deepEqual(
                {exitCode, reports},
                pick({
                    upstream: {exitCode: 1, reports: [['queued']]},
                    ours: {exitCode: 0, reports: ['rejected', []]}
                }),
                kind
            );
        }
    }
);

// What is written

same('an inline one-off goes from queued to started to finished, with the times', async ({create}) => {
    const JobModel = new MemoryJobModel();
    const manager = create({JobModel});
    const seen = [];
    const before = new Date();
    await manager.addOneOffJob({
        name: 'members-migrations',
        offloaded: false,
        job: (data) => seen.push(data, JobModel.row('members-migrations').status),
        data: {dryRun: true}
    });
    const row = await JobModel.reached('members-migrations', 'finished');
    assert.deepEqual(seen, [{dryRun: true}, 'started']);
    assert.deepEqual(JobModel.statuses('members-migrations'), ['queued', 'started', 'finished']);
    assert.ok(row.started_at instanceof Date && row.finished_at instanceof Date);
    assert.ok(before <= row.started_at && row.started_at <= row.finished_at);
});

same(
    'an offloaded one-off goes from queued to started to finished, with the times',
    async ({create, jobFile}) => {
        const JobModel = new MemoryJobModel();
        const manager = create({JobModel});
        await manager.addOneOffJob({name: 'generate-backup', job: jobFile('done.js')});
        const row = await JobModel.reached('generate-backup', 'finished');
        assert.deepEqual(JobModel.statuses('generate-backup'), ['queued', 'started', 'finished']);
        assert.ok(row.started_at instanceof Date && row.started_at <= row.finished_at);
    }
);

same('a one-off that fails, inline', async ({create}) => {
    const JobModel = new MemoryJobModel();
    const manager = create({JobModel});
    const completion = manager.awaitCompletion('fails');
    await manager.addOneOffJob({
        name: 'fails',
        job: () => Promise.reject(new Error('job error')),
        offloaded: false
    });
    await assert.rejects(completion, /job error/);
    assert.deepEqual(JobModel.statuses('fails'), ['queued', 'started', 'failed']);
    assert.equal(JobModel.row('fails').finished_at, undefined);
});

fix(
    'a one-off that fails, offloaded',
    {upstream: '`failed` is written twice: for the error and for the exit', ours: '`failed` is written once'},
    async ({create, jobFile, pick}) => {
        const JobModel = new MemoryJobModel();
        const deleted = recorder();
        const manager = create({JobModel, errorHandler: () => {}});
        manager.bree.on('worker deleted', deleted);
        const completion = manager.awaitCompletion('throws');
        await manager.addOneOffJob({name: 'throws', job: jobFile('throws.js')});
        await assert.rejects(completion, /job error/);
        await deleted.times(1);
        await new Promise(setImmediate);
        assert.deepEqual(
            JobModel.statuses('throws'),
            pick({
                upstream: ['queued', 'started', 'failed', 'failed'],
                ours: ['queued', 'started', 'failed']
            })
        );
    }
);

same("a one-off that answers 'cancel' with 'done' has finished", async ({create, jobFile}) => {
    const JobModel = new MemoryJobModel();
    const messages = recorder();
    const manager = create({JobModel, workerMessageHandler: messages});
    await manager.addOneOffJob({name: 'graceful', job: jobFile('graceful.js')});
    await messages.times(1);
    await manager.removeJob('graceful');
    await JobModel.reached('graceful', 'finished');
});

same('a one-off that is cancelled has failed, so that it can be added again', async ({create, jobFile}) => {
    const JobModel = new MemoryJobModel();
    const messages = recorder();
    const manager = create({JobModel, workerMessageHandler: messages, errorHandler: () => {}});
    await manager.addOneOffJob({name: 'cancels', job: jobFile('cancels.js')});
    await messages.times(1);
    await manager.removeJob('cancels');
    await JobModel.reached('cancels', 'failed');
    await manager.addOneOffJob({name: 'cancels', job: jobFile('done.js')});
    await JobModel.reached('cancels', 'finished');
});

same('a one-off whose row is failed is added again: the row is edited', async ({create}) => {
    const JobModel = new MemoryJobModel({retry: {status: 'failed'}});
    const {id} = JobModel.row('retry');
    const manager = create({JobModel});
    await manager.addOneOffJob({name: 'retry', job: () => {}, offloaded: false});
    const row = await JobModel.reached('retry', 'finished');
    assert.deepEqual(JobModel.statuses('retry'), ['queued', 'started', 'finished']);
    assert.equal(row.id, id);
});

same('an inline one-off that failed can be added again in the same process', async ({create}) => {
    const JobModel = new MemoryJobModel();
    const manager = create({JobModel});
    const completion = manager.awaitCompletion('retry');
    await manager.addOneOffJob({
        name: 'retry',
        job: () => Promise.reject(new Error('once')),
        offloaded: false
    });
    await assert.rejects(completion, /once/);
    await manager.addOneOffJob({name: 'retry', job: () => {}, offloaded: false});
    await JobModel.reached('retry', 'finished');
    assert.deepEqual(JobModel.statuses('retry'), [
        'queued',
        'started',
        'failed',
        'queued',
        'started',
        'finished'
    ]);
});

fix(
    'an offloaded one-off that failed can be added again in the same process',
    {
        upstream: 'the row becomes `queued`, then an unhandled rejection (a duplicate name) ends the host',
        ours: 'it runs again'
    },
    async ({host, pick}) => {
        const {exitCode, reports} = await host(async ({JobManager, MemoryModel, jobFile, report}) => {
            const JobModel = new MemoryModel();
            const manager = new JobManager({JobModel, errorHandler: () => {}});
            const ended = new Promise((resolve) => manager.bree.once('worker deleted', resolve));
            await manager.addOneOffJob({name: 'retry', job: jobFile('throws.js')});
            await JobModel.reached('retry', 'failed');
            await ended;
            await manager.addOneOffJob({name: 'retry', job: jobFile('done.js')});
            report(JobModel.row('retry').status);
            await JobModel.reached('retry', 'finished');
            report('finished');
        });
        assert.deepEqual(
            {exitCode, reports},
            pick({
                upstream: {exitCode: 1, reports: ['queued']},
                ours: {exitCode: 0, reports: ['queued', 'finished']}
            })
        );
    }
);

same('the row of a recurring job that has one is kept up to date too', async ({create, jobFile}) => {
    const JobModel = new MemoryJobModel({done: {status: 'finished'}});
    const manager = create({JobModel});
    await manager.addJob({name: 'done', at: '* * * * * *', job: jobFile('done.js')});
    const row = await JobModel.reached('done', 'finished');
    assert.deepEqual(JobModel.statuses('done').slice(0, 2), ['started', 'finished']);
    assert.ok(row.started_at <= row.finished_at);
});

same('a model without a row gets no row from addJob', async ({create, jobFile}) => {
    const JobModel = new MemoryJobModel();
    const manager = create({JobModel});
    const completion = manager.awaitCompletion('done');
    await manager.addJob({job: jobFile('done.js')});
    await completion;
    assert.equal(JobModel.row('done'), undefined);
});

same(
    'the model is called with `findOne({name})`, `add(columns)` and `edit(columns, {id})`',
    async ({create}) => {
        const rows = [null, {id: 'unique', get: () => 'queued'}];
        const calls = [];
        const JobModel = {
            async findOne(...args) {
                calls.push(['findOne', ...args]);
                return this === JobModel ? rows[Math.min(calls.length - 1, 1)] : null;
            },
            async add(...args) {
                calls.push(['add', ...args]);
            },
            async edit({status}, options) {
                calls.push(['edit', status, options]);
            }
        };
        const manager = create({JobModel});
        const completion = manager.awaitCompletion('exact');
        await manager.addOneOffJob({name: 'exact', job: () => {}, offloaded: false});
        await completion;
        assert.deepEqual(
            calls.filter(([method]) => method !== 'findOne'),
            [
                ['add', {name: 'exact', status: 'queued'}],
                ['edit', 'started', {id: 'unique'}],
                ['edit', 'finished', {id: 'unique'}]
            ]
        );
        assert.ok(calls.filter(([method]) => method === 'findOne').every(([, by]) => by.name === 'exact'));
    }
);

same('a record needs no more than an `id` when its status is written', async ({create}) => {
    const edited = recorder();
    const JobModel = {
        findOne: async () => (edited.added ? {id: 'unique'} : null),
        add: async () => {
            edited.added = true;
        },
        edit: async (columns) => edited(columns)
    };
    const manager = create({JobModel});
    await manager.addOneOffJob({name: 'bare', job: () => {}, offloaded: false});
    await edited.until(({status}) => status === 'finished');
});

// What can be asked

same('hasExecutedSuccessfully is true as long as the row is not failed', async ({create}) => {
    const JobModel = new MemoryJobModel({
        waiting: {status: 'queued'},
        running: {status: 'started'},
        over: {status: 'finished'},
        broken: {status: 'failed'}
    });
    const manager = create({JobModel});
    const answers = {};
    for (const name of ['waiting', 'running', 'over', 'broken', 'unknown']) {
        answers[name] = await manager.hasExecutedSuccessfully(name);
    }
    assert.deepEqual(answers, {waiting: true, running: true, over: true, broken: false, unknown: false});
});

same('hasExecutedSuccessfully is false without a JobModel', async ({create}) => {
    assert.equal(await create({}).hasExecutedSuccessfully('anything'), false);
});

same('awaitOneOffCompletion resolves with the record once it is finished', async ({create}) => {
    const JobModel = new MemoryJobModel();
    const manager = create({JobModel});
    const {open, opened} = gate();
    await manager.addOneOffJob({name: 'solovei', job: () => opened, offloaded: false});
    let resolved = false;
    const completion = manager.awaitOneOffCompletion('solovei').then((record) => {
        resolved = true;
        return record;
    });
    await JobModel.reached('solovei', 'started');
    await new Promise(setImmediate);
    assert.equal(resolved, false);
    open();
    const record = await completion;
    assert.deepEqual([record.id, record.get('status')], [JobModel.row('solovei').id, 'finished']);
});

same('awaitOneOffCompletion resolves, too, once it has failed', async ({create}) => {
    const JobModel = new MemoryJobModel({broken: {status: 'failed'}});
    const record = await create({JobModel}).awaitOneOffCompletion('broken');
    assert.equal(record.get('status'), 'failed');
});

same('awaitOneOffCompletion sees what another host writes', async ({create}) => {
    const JobModel = new MemoryJobModel({elsewhere: {status: 'started'}});
    const completion = create({JobModel}).awaitOneOffCompletion('elsewhere');
    await JobModel.edit({status: 'finished'}, {id: JobModel.row('elsewhere').id});
    const record = await completion;
    assert.equal(record.get('status'), 'finished');
});

same('awaitOneOffCompletion can be called before the row is there', async ({create}) => {
    const JobModel = new MemoryJobModel();
    const manager = create({JobModel});
    const completion = manager.awaitOneOffCompletion('later');
    await manager.addOneOffJob({name: 'later', job: () => {}, offloaded: false});
    assert.equal((await completion).get('status'), 'finished');
});
