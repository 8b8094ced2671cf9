'use strict';

const assert = require('node:assert/strict');

const {chapter} = require('./support');
const {recorder} = require('./support/recorder');

const {same, fix} = chapter('addJob, offloaded');

const inAnHour = () => new Date(Date.now() + 3_600_000);
const registered = ({bree}) => bree.config.jobs.map(({name}) => name);

// When it runs

same('without `at` it runs now, and `addJob` does not wait for it', async ({create, jobFile}) => {
    const messages = recorder();
    const manager = create({workerMessageHandler: messages});
    const returned = await manager.addJob({job: jobFile('runs.js')});
    assert.equal(returned, undefined);
    assert.equal(messages.calls.length, 0);
    await messages.times(1);
});

same('at a Date it runs then, once', async ({create, jobFile}) => {
    const messages = recorder();
    const deleted = recorder();
    const manager = create({workerMessageHandler: messages});
    manager.bree.on('worker deleted', deleted);
    const at = new Date(Date.now() + 250);
    await manager.addJob({at, job: jobFile('runs.js')});
    assert.equal(manager.bree.timeouts.has('runs'), true);

    const [[{message}]] = await messages.times(1);
    await deleted.times(1);

    assert.ok(message.ranAt >= at.getTime());
    assert.deepEqual([manager.bree.timeouts.size, manager.bree.intervals.size], [0, 0]);
    assert.deepEqual(registered(manager), ['runs']);
});

same(
    'at a Date in the past it does not run: a warning, an event, and addJob resolves',
    async ({create, jobFile, logs}) => {
        const past = recorder();
        const created = recorder();
        const manager = create({});
        manager.bree.on('job past', past);
        manager.bree.on('worker created', created);
        await manager.addJob({name: 'too-late', at: new Date(Date.now() - 1), job: jobFile('simple.js')});
        assert.deepEqual(past.calls, [['too-late']]);
        assert.deepEqual(logs.warn, ['Job "too-late" was skipped because it was in the past.']);
        assert.deepEqual([manager.bree.timeouts.size, created.calls.length], [0, 0]);
        assert.deepEqual(registered(manager), ['too-late']);
    }
);

fix(
    'a past date given as text',
    {
        upstream: 'refused: "Invalid schedule format"',
        ours: 'as a past Date: a warning, an event, and `addJob` resolves'
    },
    async ({create, jobFile, logs, pick}) => {
        const past = recorder();
        const manager = create({});
        manager.bree.on('job past', past);
        const added = manager.addJob({name: 'too-late', at: '2020-01-01T09:00', job: jobFile('simple.js')});
        const outcome = await added.then(
            () => logs.warn,
            ({message}) => message
        );
        assert.deepEqual(
            outcome,
            pick({
                upstream: 'Invalid schedule format',
                ours: ['Job "too-late" was skipped because it was in the past.']
            })
        );
        assert.deepEqual(past.calls, pick({upstream: [], ours: [['too-late']]}));
    }
);

same('a cron line of six fields, seconds first, runs it again and again', async ({create, jobFile}) => {
    const messages = recorder();
    const manager = create({workerMessageHandler: messages});
    await manager.addJob({at: '* * * * * *', job: jobFile('runs.js')});
    assert.deepEqual([...manager.bree.intervals.keys()], ['runs']);
    const [[first], [second]] = await messages.times(2);
    assert.ok(second.message.ranAt > first.message.ranAt);
});

same('text runs it again and again', async ({create, jobFile}) => {
    const messages = recorder();
    const manager = create({workerMessageHandler: messages});
    await manager.addJob({at: 'every 1 second', job: jobFile('runs.js')});
    await messages.times(2);
});

same('an `at` that is neither is refused, and nothing is registered', async ({create, jobFile}) => {
    const manager = create({});
    for (const at of ['invalid expression', '0 123 * * * *', 'a * * * *']) {
        await assert.rejects(manager.addJob({at, name: 'no-time', job: jobFile('simple.js')}), {
            name: 'IncorrectUsageError',
            message: 'Invalid schedule format'
        });
    }
    assert.deepEqual(registered(manager), []);
});

same('the schedule is looked at before the job', async ({create}) => {
    const manager = create({});
    await assert.rejects(manager.addJob({at: 'invalid expression', name: 'jobName'}), {
        message: 'Invalid schedule format'
    });
});

// Names

same(
    'a name can be used once as long as its job is registered, even when it has ended',
    async ({create, jobFile}) => {
        const deleted = recorder();
        const manager = create({});
        manager.bree.on('worker deleted', deleted);
        await manager.addJob({name: 'job-now', job: jobFile('simple.js')});
        await deleted.times(1);

        await assert.rejects(
            manager.addJob({name: 'job-now', job: jobFile('simple.js')}),
            /Job #1 has a duplicate job name of job-now/
        );

        await manager.removeJob('job-now');
        await manager.addJob({name: 'job-now', job: jobFile('simple.js')});
        await deleted.times(2);
    }
);

fix(
    'of two jobs of one name added at the same moment, one is registered',
    {
        upstream: 'both are registered; the second `addJob` rejects with `Job "NAME" is already started`',
        ours: 'the second `addJob` rejects as a duplicate'
    },
    async ({create, jobFile, pick}) => {
        const manager = create({});
        const add = () => manager.addJob({name: 'twice', at: inAnHour(), job: jobFile('simple.js')});
        const outcomes = await Promise.allSettled([add(), add()]);
        // Upstream looks both files up before it registers either: which of the two comes first is not defined there.
        const rejected = outcomes.filter(({status}) => status === 'rejected');
        assert.equal(rejected.length, 1);
        assert.equal(pick({upstream: true, ours: outcomes[1] === rejected[0]}), true);
        assert.match(
            rejected[0].reason.message,
            pick({
                upstream: /Job "twice" is already started/,
                ours: /Job #1 has a duplicate job name of twice/
            })
        );
        assert.deepEqual(registered(manager), pick({upstream: ['twice', 'twice'], ours: ['twice']}));
    }
);

// Log lines

same('log lines name the added job and its next run', async ({create, jobFile, logs}) => {
    const manager = create({});
    const date = inAnHour();
    await manager.addJob({name: 'now', job: jobFile('simple.js')});
    await manager.addJob({name: 'dated', at: date, job: jobFile('simple.js')});
    await manager.addJob({name: 'cron', at: '0 0 0 1 1 *', job: jobFile('simple.js')});
    const newYear = new Date(new Date().getFullYear() + 1, 0, 1);
    assert.deepEqual(
        logs.info.filter((line) => !line.startsWith('Worker for job')),
        [
            'Adding offloaded job to the inline job queue',
            'Scheduling job now to run immediately',
            'Adding offloaded job to the inline job queue',
            `Scheduling job dated at ${date}`,
            'Adding offloaded job to the inline job queue',
            `Scheduling job cron at 0 0 0 1 1 *. Next run on: ${newYear}`
        ]
    );
});

// Overlap

fix(
    'due while its last run still goes, it is skipped, with one warning',
    {
        upstream: 'an Error object is logged as a warning at every tick',
        ours: 'one warning, in words; the count is kept'
    },
    async ({create, jobFile, logs, pick}) => {
        const ticks = recorder();
        const created = recorder();
        const manager = create({workerMessageHandler: ticks});
        manager.bree.on('worker created', created);
        await manager.addJob({at: '* * * * * *', job: jobFile('waits.js')});
        await ticks.until(({name}) => name === 'waits');
        await manager.addJob({at: '* * * * * *', job: jobFile('runs.js')});
        await ticks.until(() => ticks.calls.filter(([{name}]) => name === 'runs').length === 4);

        const warnings = logs.warn.filter((warning) =>
            `${warning}`.includes('Job "waits" is already running')
        );
        assert.equal(created.calls.filter(([name]) => name === 'waits').length, 1);
        assert.equal(warnings[0] instanceof Error, pick({upstream: true, ours: false}));
        assert.equal(warnings.length > 1, pick({upstream: true, ours: false}));
        manager.bree.workers.get('waits').postMessage('that is enough');
    }
);

// Data

same('a job gets its data, its name and its path as workerData', async ({create, jobFile}) => {
    const messages = recorder();
    const manager = create({workerMessageHandler: messages});
    await manager.addJob({job: jobFile('data.js'), data: {email: 'send@here.com', nested: {list: [1, 2]}}});
    const [[{message}]] = await messages.times(1);
    const {job, ...data} = message.workerData;
    assert.deepEqual(data, {email: 'send@here.com', nested: {list: [1, 2]}});
    assert.deepEqual([job.name, job.path], ['data', jobFile('data.js')]);
});

same('workerData is an object also when no data was given', async ({create, jobFile}) => {
    const messages = recorder();
    const manager = create({workerMessageHandler: messages});
    await manager.addJob({job: jobFile('data.js')});
    const [[{message}]] = await messages.times(1);
    assert.deepEqual(Object.keys(message.workerData), ['job']);
});

same('data with a property `job` hides the job', async ({create, jobFile}) => {
    const messages = recorder();
    const manager = create({workerMessageHandler: messages});
    await manager.addJob({job: jobFile('data.js'), data: {job: 'gardener'}});
    const [[{message}]] = await messages.times(1);
    assert.deepEqual(message.workerData, {job: 'gardener'});
});

fix(
    'data that is a primitive is itself the workerData',
    {
        upstream: 'numbers and booleans are lost, text is spread into its characters',
        ours: 'the value arrives'
    },
    async ({create, jobFile, pick}) => {
        for (const data of [5, 'abc', true, 0]) {
            const messages = recorder();
            const manager = create({workerMessageHandler: messages});
            await manager.addJob({job: jobFile('data.js'), data});
            const [[{message}]] = await messages.times(1);
            assert.equal(typeof message.workerData, pick({upstream: 'object', ours: typeof data}));
            assert.equal(message.workerData === data, pick({upstream: false, ours: true}));
        }
    }
);

fix(
    'data that cannot be cloned is refused',
    {
        upstream: 'the promise of `addJob` resolves, then an unhandled rejection ends the host',
        ours: '`addJob` rejects with a DataCloneError'
    },
    async ({host, pick}) => {
        const {exitCode, reports} = await host(async ({JobManager, jobFile, report}) => {
            const manager = new JobManager({});
            const adding = manager.addJob({job: jobFile('data.js'), data: {callback: () => {}}});
            await adding.then(
                () => report('resolved'),
                ({name}) => report(name)
            );
        });
        assert.deepEqual(
            {exitCode, reports},
            pick({
                upstream: {exitCode: 1, reports: ['resolved']},
                ours: {exitCode: 0, reports: ['DataCloneError']}
            })
        );
    }
);

fix(
    'an option that is called otherwise is not passed over',
    {
        upstream: 'it is ignored: a job with `cron` or `interval` runs once, now',
        ours:
            '`cron`, `interval`, `schedule`, `every`, `repeat` and `path` are refused and say what to write; ' +
            'another unknown name gives one warning'
    },
    async ({create, jobFile, logs, outcome, pick}) => {
        const manager = create({});
        const {state, error} = await outcome(
            manager.addJob({cron: '0 0 3 * * *', job: jobFile('simple.js')})
        );
        assert.deepEqual(
            [state, error?.code],
            pick({upstream: ['resolved', undefined], ours: ['rejected', 'INVALID_OPTION']})
        );
        await manager.addJob({name: 'later', at: inAnHour(), ofloaded: false, job: jobFile('simple.js')});
        assert.equal(logs.warn.length, pick({upstream: 0, ours: 1}));
    }
);

fix(
    'an option of a wrong type is refused',
    {
        upstream: 'it is taken for another: `offloaded: "false"` is true',
        ours: '`addJob` rejects with `INVALID_OPTION`'
    },
    async ({create, jobFile, outcome, pick}) => {
        const manager = create({});
        const {state, error} = await outcome(manager.addJob({offloaded: 'false', job: jobFile('simple.js')}));
        assert.deepEqual(
            [state, error?.code],
            pick({upstream: ['resolved', undefined], ours: ['rejected', 'INVALID_OPTION']})
        );
    }
);
