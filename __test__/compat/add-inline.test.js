'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const {setTimeout: delay} = require('node:timers/promises');

const {chapter} = require('./support');
const {gate, recorder} = require('./support/recorder');
const {MemoryJobModel} = require('./support/job-model');

const {same, fix} = chapter('addJob, inline');

/** Adds an inline job and returns the promise of `addJob`. */
const inline = (manager, job, rest = {}) => manager.addJob({name: 'inline', job, offloaded: false, ...rest});

// What can be a job

same('a function is called with the data, once', async ({create}) => {
    const manager = create({});
    const job = recorder();
    inline(manager, job, {data: 'test data'});
    await manager.allSettled();
    assert.deepEqual(job.calls, [['test data']]);
});

same('without data it is called with undefined', async ({create}) => {
    const manager = create({});
    const job = recorder();
    inline(manager, job);
    await manager.allSettled();
    assert.deepEqual(job.calls, [[undefined]]);
});

same('a bound function is welcome here', async ({create}) => {
    const manager = create({});
    const service = {
        name: 'stripe',
        ran: [],
        execute(data) {
            this.ran.push([this.name, data]);
        }
    };
    inline(manager, service.execute.bind(service), {data: {id: 1}});
    await manager.allSettled();
    assert.deepEqual(service.ran, [['stripe', {id: 1}]]);
});

same('data is passed as it is, not as a copy', async ({create}) => {
    const manager = create({});
    const data = {list: []};
    inline(manager, ({list}) => list.push('seen'), {data});
    await manager.allSettled();
    assert.deepEqual(data.list, ['seen']);
});

same('an absolute path names a CommonJS module whose export is the function', async ({create, jobFile}) => {
    const manager = create({});
    const received = [];
    inline(manager, jobFile('inline.js'), {data: received});
    await manager.allSettled();
    assert.deepEqual(received, ['CommonJS module']);
});

same('one module can serve as an inline and as an offloaded job', async ({create, jobFile}) => {
    const manager = create({});
    const completion = manager.awaitCompletion('in-a-worker');
    inline(manager, jobFile('timed.js'), {data: {ms: 1}});
    await manager.addJob({name: 'in-a-worker', job: jobFile('timed.js'), data: {ms: 1}});
    await Promise.all([manager.allSettled(), completion]);
});

fix(
    'an absolute path may name an ES module whose default export is the function',
    {
        upstream: 'an UnhandledJobError is logged: what `require` gives is no function',
        ours: 'the function is called'
    },
    async ({create, jobFile, logs, pick}) => {
        const manager = create({});
        const received = [];
        inline(manager, jobFile('inline.mjs'), {data: received});
        await manager.allSettled().catch(() => {});
        assert.deepEqual(received, pick({upstream: [], ours: ['ES module']}));
        assert.equal(logs.error.length, pick({upstream: 1, ours: 0}));
    }
);

fix(
    'a relative path starts at the working directory',
    {
        upstream: "it starts at the folder of the package's own source, where nothing is",
        ours: 'the module is found'
    },
    async ({create, jobFile, logs, pick}) => {
        const manager = create({});
        const received = [];
        inline(manager, `./${path.relative(process.cwd(), jobFile('inline.js'))}`, {data: received});
        await manager.allSettled().catch(() => {});
        assert.deepEqual(received, pick({upstream: [], ours: ['CommonJS module']}));
        assert.equal(logs.error.length, pick({upstream: 1, ours: 0}));
    }
);

// When it runs

same('addJob returns at once and the job does not run inside it', async ({create}) => {
    const manager = create({});
    const {open, opened} = gate();
    let insideAddJob = true;
    const startedInside = [];
    const adding = inline(manager, () => {
        startedInside.push(insideAddJob);
        return opened;
    });
    insideAddJob = false;
    assert.equal(await adding, undefined);
    assert.equal(manager.inlineQueue.idle(), false);
    open();
    await manager.allSettled();
    assert.deepEqual(startedInside, [false]);
});

same('a caller who waits for a millisecond finds a short job done', async ({create}) => {
    const manager = create({});
    const job = recorder();
    inline(manager, job);
    assert.equal(manager.inlineQueue.idle(), false);
    await delay(1);
    assert.equal(manager.inlineQueue.idle(), true);
    assert.equal(job.calls.length, 1);
});

same('jobs start in the order in which they were added, three at a time', async ({create}) => {
    const manager = create({});
    const gates = Array.from({length: 5}, gate);
    const started = recorder();
    const running = {now: 0, most: 0};
    for (const [index, {opened}] of gates.entries()) {
        inline(manager, async () => {
            running.now += 1;
            running.most = Math.max(running.most, running.now);
            started(index);
            await opened;
            running.now -= 1;
        });
    }
    const order = () => started.calls.map(([index]) => index);

    await started.times(3);
    gates[1].open();
    await started.times(4);
    assert.deepEqual(order(), [0, 1, 2, 3]);
    gates.forEach(({open}) => open());
    await started.times(5);
    assert.deepEqual(order(), [0, 1, 2, 3, 4]);
    assert.equal(running.most, 3);
});

same('inlineQueue counts who waits, and is idle when none waits or runs', async ({create}) => {
    const manager = create({});
    const {open, opened} = gate();
    const last = recorder();
    assert.deepEqual([manager.inlineQueue.length(), manager.inlineQueue.idle()], [0, true]);
    const started = recorder();
    for (let index = 0; index < 5; index += 1) {
        inline(manager, () => {
            started();
            return opened;
        });
    }
    await started.times(3);
    assert.deepEqual([manager.inlineQueue.length(), manager.inlineQueue.idle()], [2, false]);
    inline(manager, last);
    assert.deepEqual([manager.inlineQueue.length(), manager.inlineQueue.idle()], [3, false]);
    open();
    await last.times(1);
    await manager.shutdown();
    assert.deepEqual([manager.inlineQueue.length(), manager.inlineQueue.idle()], [0, true]);
});

same(
    'a name may be used by any number of inline jobs, also by that of an offloaded job',
    async ({create, jobFile}) => {
        const manager = create({});
        const job = recorder();
        await manager.addJob({
            name: 'batch',
            at: new Date(Date.now() + 3_600_000),
            job: jobFile('simple.js')
        });
        for (const data of [1, 2, 3, 4]) {
            inline(manager, job, {name: 'batch', data});
        }
        await job.times(4);
        assert.deepEqual(
            job.calls.map(([data]) => data),
            [1, 2, 3, 4]
        );
    }
);

same('an inline job can add another', async ({create}) => {
    const manager = create({});
    const second = recorder();
    inline(manager, async () => {
        await inline(manager, second, {data: 'from the first'});
    });
    await second.times(1);
});

fix(
    'with `at` a run is queued at each due time',
    {
        upstream: '`at` is ignored: the job runs once, now',
        ours: 'as for an offloaded job, in the inline queue'
    },
    async ({create, pick}) => {
        const manager = create({});
        const [yearly, eachSecond] = [recorder(), recorder()];
        inline(manager, yearly, {name: 'yearly', at: '0 0 0 1 1 *'});
        inline(manager, eachSecond, {name: 'each-second', at: '* * * * * *', data: 'tick'});
        const calls = await eachSecond.times(pick({upstream: 1, ours: 2}));
        assert.ok(calls.every(([data]) => data === 'tick'));
        assert.equal(yearly.calls.length, pick({upstream: 1, ours: 0}));
    }
);

// When it fails

same(
    'a job that throws is logged as an UnhandledJobError with `context` "function"',
    async ({create, logs}) => {
        const manager = create({});
        const cause = new Error('job error');
        inline(manager, () => {
            throw cause;
        });
        const error = await logs.until('error', () => true);
        assert.deepEqual([error.errorType, error.context], ['UnhandledJobError', 'function']);
    }
);

same('of a module the `context` is its path', async ({create, jobFile, logs}) => {
    const manager = create({});
    inline(manager, jobFile('inline-throws.js'));
    const error = await logs.until('error', () => true);
    assert.deepEqual([error.errorType, error.context], ['UnhandledJobError', jobFile('inline-throws.js')]);
});

same('a module that is not there fails its job and nothing else', async ({create, jobFile, logs}) => {
    const manager = create({});
    await inline(manager, jobFile('missing.js'));
    const error = await logs.until('error', () => true);
    assert.equal(error.context, jobFile('missing.js'));
});

same('a failure does not reach the errorHandler and does not stop the queue', async ({create, logs}) => {
    const errorHandler = recorder();
    const manager = create({errorHandler});
    const after = recorder();
    for (let index = 0; index < 4; index += 1) {
        inline(manager, () => Promise.reject(new Error('job error')), {name: 'fails'});
    }
    inline(manager, after);
    await after.times(1);
    assert.equal(errorHandler.calls.length, 0);
    assert.equal(logs.error.length, 4);
});

// Around it

same('a log line has the length of the queue and the name of the job', async ({create, logs}) => {
    const manager = create({});
    const {open, opened} = gate();
    const job = () => opened;
    inline(manager, job, {name: 'first'});
    inline(manager, job, {name: 'second'});
    inline(manager, job, {name: undefined});
    inline(manager, job, {name: 'fourth'});
    inline(manager, job, {name: 'hello'});
    open();
    assert.deepEqual(logs.info.slice(-3), [
        "Adding one-off job to inlineQueue with current length = 0 called 'anonymous'",
        "Adding one-off job to inlineQueue with current length = 0 called 'fourth'",
        "Adding one-off job to inlineQueue with current length = 1 called 'hello'"
    ]);
});

same('a job whose name has a row has its row kept up to date', async ({create}) => {
    const JobModel = new MemoryJobModel({'with-row': {status: 'queued'}});
    const manager = create({JobModel});
    const during = [];
    inline(manager, () => during.push(JobModel.row('with-row').status), {name: 'with-row'});
    inline(manager, () => {}, {name: 'without-row'});
    inline(manager, () => {}, {name: undefined});
    const row = await JobModel.reached('with-row', 'finished');
    assert.deepEqual(during, ['started']);
    assert.ok(row.started_at <= row.finished_at);
    assert.equal(JobModel.row('without-row'), undefined);
});
