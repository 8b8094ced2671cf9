'use strict';

const assert = require('node:assert/strict');
const {EventEmitter, once} = require('node:events');

const {chapter} = require('./support');
const {recorder} = require('./support/recorder');

const {same, fix} = chapter('The bree interface');

const inAnHour = () => new Date(Date.now() + 3_600_000);

/** A manager with a running job `echo` that has said 'ready'. */
async function echoing({create, jobFile}, options = {}) {
    const messages = recorder();
    const manager = create({workerMessageHandler: messages, errorHandler: () => {}, ...options});
    await manager.addJob({job: jobFile('echo.js')});
    await messages.times(1);
    return {manager, messages, worker: manager.bree.workers.get('echo')};
}

// Where a job is to be found

same('timeouts, intervals and workers can be asked as Maps', ({create}) => {
    const {bree} = create({});
    for (const kind of ['timeouts', 'intervals', 'workers']) {
        assert.deepEqual(
            [bree[kind].size, bree[kind].has('job'), bree[kind].get('job')],
            [0, false, undefined]
        );
        for (const iterable of [bree[kind].keys(), bree[kind].values(), bree[kind].entries(), bree[kind]]) {
            assert.deepEqual([...iterable], []);
        }
    }
});

same(
    'a job that runs now is in timeouts until it starts, then in workers until it ends',
    async ({create, jobFile}) => {
        const manager = create({});
        const {bree} = manager;
        const places = () => [
            bree.timeouts.has('done'),
            bree.intervals.has('done'),
            bree.workers.has('done')
        ];
        const created = once(bree, 'worker created');
        const deleted = once(bree, 'worker deleted');

        await manager.addJob({job: jobFile('done.js')});
        assert.deepEqual(places(), [true, false, false]);
        assert.equal(typeof bree.timeouts.get('done'), 'object');

        assert.deepEqual(await created, ['done']);
        assert.deepEqual(places(), [false, false, true]);
        assert.equal(typeof bree.workers.get('done'), 'object');

        assert.deepEqual(await deleted, ['done']);
        assert.deepEqual(places(), [false, false, false]);
    }
);

same('a job at a Date is in timeouts, a recurring one in intervals', async ({create, jobFile}) => {
    const manager = create({});
    await manager.addJob({name: 'dated', at: inAnHour(), job: jobFile('simple.js')});
    await manager.addJob({name: 'cron', at: '0 0 0 * * *', job: jobFile('simple.js')});
    await manager.addJob({name: 'text', at: 'every 5 minutes', job: jobFile('simple.js')});
    const {timeouts, intervals, workers} = manager.bree;
    assert.deepEqual([...timeouts.keys()], ['dated']);
    assert.deepEqual([...intervals.keys()], ['cron', 'text']);
    assert.equal(typeof intervals.get('cron'), 'object');
    assert.equal(workers.size, 0);
});

same('a recurring job stays in intervals while it runs', async ({create, jobFile}) => {
    const manager = create({});
    const {intervals, workers} = manager.bree;
    // Within the event: on a busy machine the job has ended when a promise of it is continued.
    const whenCreated = new Promise((resolve) => {
        manager.bree.once('worker created', () => resolve([intervals.has('done'), workers.has('done')]));
    });
    await manager.addJob({at: '* * * * * *', job: jobFile('done.js')});
    assert.deepEqual(await whenCreated, [true, true]);
});

fix(
    'the same three can be read by key, as hosts of the older generation do',
    {
        upstream: 'nothing is found: they are Maps only',
        ours: '`Object.keys(bree.workers)` and `bree.workers[name]` work'
    },
    async (context) => {
        const {manager, worker} = await echoing(context);
        const {bree} = manager;
        await manager.addJob({name: 'dated', at: inAnHour(), job: context.jobFile('simple.js')});
        await manager.addJob({name: 'cron', at: '0 0 0 * * *', job: context.jobFile('simple.js')});
        assert.deepEqual(
            [Object.keys(bree.workers), Object.keys(bree.timeouts), Object.keys(bree.intervals)],
            context.pick({upstream: [[], [], []], ours: [['echo'], ['dated'], ['cron']]})
        );
        assert.equal(bree.workers.echo, context.pick({upstream: undefined, ours: worker}));
        assert.equal(typeof bree.timeouts.dated, context.pick({upstream: 'undefined', ours: 'object'}));
        assert.equal(bree.workers.nobody, undefined);

        await manager.removeJob('dated');
        assert.equal(bree.timeouts.dated, undefined);
        assert.deepEqual(Object.keys(bree.timeouts), []);
        worker.postMessage('be done!');
    }
);

same('config.jobs lists what is registered, with name and path', async ({create, jobFile}) => {
    const manager = create({});
    await manager.addJob({name: 'dated', at: inAnHour(), job: jobFile('simple.js')});
    await manager.addJob({name: 'cron', at: '0 0 0 * * *', job: jobFile('done.js')});
    const jobs = manager.bree.config.jobs.map(({name, path}) => ({name, path}));
    assert.deepEqual(jobs, [
        {name: 'dated', path: jobFile('simple.js')},
        {name: 'cron', path: jobFile('done.js')}
    ]);
    assert.ok(Array.isArray(manager.bree.config.jobs));
    assert.equal(manager.bree.config.jobs[2], undefined);
});

same('config.worker is the option `worker`', ({create}) => {
    const worker = {
        execArgv: ['--import', 'file:///tmp/loader.mjs'],
        resourceLimits: {maxOldGenerationSizeMb: 256}
    };
    assert.deepEqual(create({worker}).bree.config.worker, worker);
});

same('config.worker can be set later', async ({create, jobFile}) => {
    const messages = recorder();
    const manager = create({workerMessageHandler: messages});
    manager.bree.config.worker = {argv: ['set later']};
    await manager.addJob({job: jobFile('view.js')});
    const [[{message}]] = await messages.times(1);
    assert.deepEqual(message.argv, ['set later']);
});

// A worker

same('a worker can be listened to and talked to', async (context) => {
    const {manager, worker} = await echoing(context);
    const messages = recorder();
    worker.on('message', messages);
    worker.postMessage('hello from Ghost!');
    assert.deepEqual((await messages.times(1))[0], [{received: 'hello from Ghost!'}]);

    const done = once(worker, 'message');
    const deleted = once(manager.bree, 'worker deleted');
    worker.postMessage('be done!');
    assert.deepEqual(await done, ['done']);
    await deleted;
});

same("a worker emits 'online'", async ({create, jobFile}) => {
    const manager = create({});
    const online = new Promise((resolve) => {
        manager.bree.on('worker created', (name) =>
            manager.bree.workers.get(name).on('online', () => resolve(name))
        );
    });
    await manager.addJob({job: jobFile('simple.js')});
    assert.equal(await online, 'simple');
});

for (const [exitCode, definition] of [
    [0, {job: 'simple.js'}],
    [3, {job: 'exits.js', data: {exitCode: 3}}],
    [1, {job: 'throws.js'}]
]) {
    same(
        `a worker that exits with code ${exitCode} emits 'exit' with it, and is removed from workers`,
        async ({create, jobFile}) => {
            const manager = create({errorHandler: () => {}});
            const created = once(manager.bree, 'worker created');
            const deleted = once(manager.bree, 'worker deleted');
            await manager.addJob({name: 'job', ...definition, job: jobFile(definition.job)});
            await created;
            const code = await new Promise((resolve) => manager.bree.workers.get('job').on('exit', resolve));
            assert.equal(code, exitCode);
            await deleted;
            assert.equal(manager.bree.workers.has('job'), false);
        }
    );
}

same("a worker emits 'error' with what its job threw", async ({create, jobFile}) => {
    const manager = create({errorHandler: () => {}});
    const created = once(manager.bree, 'worker created');
    await manager.addJob({job: jobFile('throws.js')});
    await created;
    const error = await new Promise((resolve) => manager.bree.workers.get('throws').on('error', resolve));
    assert.equal(error.message, 'job error');
});

same('a worker has a threadId', async (context) => {
    const {worker} = await echoing(context);
    assert.ok(Number.isInteger(worker.threadId) && worker.threadId > 0);
    worker.postMessage('be done!');
});

same('terminate() ends a worker, whatever it does', async ({create, jobFile}) => {
    const messages = recorder();
    const manager = create({workerMessageHandler: messages, errorHandler: () => {}});
    const deleted = once(manager.bree, 'worker deleted');
    await manager.addJob({job: jobFile('spins.js')});
    await messages.times(1);
    await manager.bree.workers.get('spins').terminate();
    assert.deepEqual(await deleted, ['spins']);
});

// Its methods

same('bree is an EventEmitter', ({create}) => {
    assert.ok(create({}).bree instanceof EventEmitter);
});

same('add registers a job, start sets it going', async ({create, jobFile}) => {
    const {bree} = create({});
    const deleted = once(bree, 'worker deleted');
    await bree.add({name: 'by-hand', path: jobFile('simple.js')});
    assert.deepEqual(
        bree.config.jobs.map(({name}) => name),
        ['by-hand']
    );
    assert.deepEqual([bree.timeouts.size, bree.workers.size], [0, 0]);
    await bree.start('by-hand');
    assert.deepEqual(await deleted, ['by-hand']);
});

same(
    'a job that was added by hand can have a date, an interval or a cron line, and worker options',
    async ({create, jobFile}) => {
        const messages = recorder();
        const {bree} = create({workerMessageHandler: messages});
        await bree.add([
            {name: 'dated', path: jobFile('simple.js'), date: inAnHour()},
            {name: 'text', path: jobFile('simple.js'), interval: 'every 5 minutes'},
            {name: 'cron', path: jobFile('simple.js'), cron: '0 0 0 * * *'},
            {name: 'with-options', path: jobFile('view.js'), worker: {argv: ['of this job']}}
        ]);
        for (const name of ['dated', 'text', 'cron', 'with-options']) {
            await bree.start(name);
        }
        assert.deepEqual(
            [[...bree.timeouts.keys()], [...bree.intervals.keys()]],
            [
                ['dated', 'with-options'],
                ['text', 'cron']
            ]
        );
        const [[{message}]] = await messages.times(1);
        assert.deepEqual(message.argv, ['of this job']);
    }
);

same('run starts a registered job at once, beside its schedule', async ({create, jobFile}) => {
    const manager = create({});
    await manager.addJob({name: 'nightly', at: '0 0 0 * * *', job: jobFile('done.js')});
    const completion = manager.awaitCompletion('nightly');
    await manager.bree.run('nightly');
    assert.equal(manager.bree.workers.has('nightly'), true);
    await completion;
    assert.equal(manager.bree.intervals.has('nightly'), true);
});

same('run of a job that runs already is a warning', async (context) => {
    const {manager, worker} = await echoing(context);
    await manager.bree.run('echo');
    assert.match(`${context.logs.warn[0]}`, /Job "echo" is already running/);
    assert.equal(manager.bree.workers.get('echo'), worker);
    worker.postMessage('be done!');
});

same('stop ends the schedule and the run of a job; start begins again', async ({create, jobFile}) => {
    const manager = create({});
    await manager.addJob({name: 'cron', at: '0 0 0 * * *', job: jobFile('simple.js')});
    await manager.bree.stop('cron');
    assert.deepEqual([manager.bree.intervals.size, manager.bree.config.jobs.length], [0, 1]);
    await manager.bree.start('cron');
    assert.equal(manager.bree.intervals.has('cron'), true);
});

same('stop without a name stops all', async (context) => {
    const messages = recorder();
    const manager = context.create({workerMessageHandler: messages, errorHandler: () => {}});
    await manager.addJob({job: context.jobFile('cancels.js')});
    await manager.addJob({name: 'cron', at: '0 0 0 * * *', job: context.jobFile('simple.js')});
    await messages.times(1);
    await manager.bree.stop();
    assert.deepEqual([manager.bree.workers.size, manager.bree.intervals.size], [0, 0]);
});

same('remove takes a job away', async ({create, jobFile}) => {
    const manager = create({});
    await manager.addJob({name: 'cron', at: '0 0 0 * * *', job: jobFile('simple.js')});
    await manager.bree.remove('cron');
    assert.deepEqual([manager.bree.intervals.size, manager.bree.config.jobs], [0, []]);
});

same('names that are not registered, and a second start, are errors', async ({create, jobFile}) => {
    const manager = create({});
    await manager.addJob({name: 'cron', at: '0 0 0 * * *', job: jobFile('simple.js')});
    await assert.rejects(manager.bree.start('unknown'), {message: 'Job unknown does not exist'});
    await assert.rejects(manager.bree.run('unknown'), {message: 'Job "unknown" does not exist'});
    await assert.rejects(manager.bree.remove('unknown'), {message: 'Job "unknown" does not exist'});
    await assert.rejects(manager.bree.start('cron'), {message: 'Job "cron" is already started'});
});

same('addJob goes through add and start, so that both can be stubbed', async ({create, jobFile}) => {
    const manager = create({});
    manager.bree.add = recorder(async () => {});
    manager.bree.start = recorder(async () => {});
    await manager.addJob({name: 'cron-job', at: '* * * * * *', job: jobFile('simple.js')});
    assert.equal(manager.bree.add.calls.length, 1);
    const [[job]] = manager.bree.add.calls;
    assert.deepEqual([job.name, job.path, job.cron], ['cron-job', jobFile('simple.js'), '* * * * * *']);
    assert.deepEqual(manager.bree.start.calls, [['cron-job']]);
    assert.equal(manager.bree.intervals.size, 0);
});

same('removeJob goes through remove, so that it can be stubbed', async ({create}) => {
    const manager = create({});
    manager.bree.remove = recorder(async () => {});
    await manager.removeJob('any');
    assert.deepEqual(manager.bree.remove.calls, [['any']]);
});
