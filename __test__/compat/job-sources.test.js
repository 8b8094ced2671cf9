'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const {pathToFileURL} = require('node:url');

const {chapter} = require('./support');
const {recorder} = require('./support/recorder');

const {same, fix} = chapter('What can be an offloaded job');

const inAnHour = () => new Date(Date.now() + 3_600_000);
const registered = ({bree}) => bree.config.jobs.map(({name}) => name);

/** To be bound. */
function namedFunction() {
    return this;
}

same('the name is the file name of the job, without folder and extension', async ({create, jobFile}) => {
    const manager = create({});
    await manager.addJob({at: inAnHour(), job: jobFile('simple.js')});
    await manager.addJob({at: inAnHour(), job: jobFile('common.cjs')});
    await manager.addJob({at: inAnHour(), job: jobFile('view.mjs')});
    assert.deepEqual(registered(manager), ['simple', 'common', 'view']);
});

same('a function without a name is refused', async ({create}) => {
    const manager = create({});
    await assert.rejects(manager.addJob({job: () => {}}), {
        name: 'IncorrectUsageError',
        message: 'Name parameter should be present if job is a function'
    });
    assert.deepEqual(registered(manager), []);
});

same('a job can be an absolute path, to a CommonJS or an ES module', async ({create, jobFile}) => {
    const messages = recorder();
    const manager = create({workerMessageHandler: messages});
    await manager.addJob({name: 'js', job: jobFile('runs.js')});
    await manager.addJob({name: 'cjs', job: jobFile('common.cjs')});
    await manager.addJob({name: 'mjs', job: jobFile('view.mjs')});
    for (const name of ['js', 'cjs', 'mjs']) {
        await messages.until((sent) => sent.name === name);
    }
});

same('a job can be a path from the working directory that starts with a dot', async ({create, jobFile}) => {
    const messages = recorder();
    const manager = create({workerMessageHandler: messages});
    await manager.addJob({job: `./${path.relative(process.cwd(), jobFile('runs.js'))}`});
    await messages.until(({name}) => name === 'runs');
});

fix(
    'a path from the working directory needs no dot in front',
    {
        upstream: 'the promise of `addJob` resolves, then an unhandled rejection ends the host',
        ours: 'the job runs'
    },
    async ({host, pick}) => {
        const {exitCode, reports} = await host(async ({JobManager, jobFile, report, require}) => {
            const job = require('node:path').relative(process.cwd(), jobFile('runs.js'));
            const manager = new JobManager({workerMessageHandler: ({name}) => report(name)});
            await manager.addJob({job});
        });
        assert.deepEqual(
            {exitCode, reports},
            pick({
                upstream: {exitCode: 1, reports: []},
                ours: {exitCode: 0, reports: ['runs']}
            })
        );
    }
);

fix(
    'a job can be a file: URL, as text or as a URL object',
    {upstream: 'rejects: it looks for a file of that name', ours: 'the job runs'},
    async ({create, jobFile, outcome, pick}) => {
        const messages = recorder();
        const manager = create({workerMessageHandler: messages});
        const url = pathToFileURL(jobFile('runs.js'));
        for (const [name, job] of Object.entries({text: url.href, object: url})) {
            const {state} = await outcome(manager.addJob({name, job}));
            assert.equal(state, pick({upstream: 'rejected', ours: 'resolved'}));
        }
        await messages.times(pick({upstream: 0, ours: 2}));
    }
);

fix(
    'a path may hold any character that a file name may',
    {
        upstream:
            'a path with one of `‘“!#$%&+^<=>` or a glob character in it is run as if it were source code, and fails',
        ours: 'the module at that path runs'
    },
    async ({create, jobFile, outcome, pick}) => {
        const messages = recorder();
        const manager = create({workerMessageHandler: messages});
        const completion = manager.awaitCompletion('plus');
        completion.catch(() => {});
        await manager.addJob({name: 'plus', job: jobFile('with+plus/job.js')});
        const {state, error} = await outcome(completion, {upstreamMs: 10_000});
        assert.deepEqual(
            [state, error?.name],
            pick({upstream: ['rejected', 'SyntaxError'], ours: ['resolved', undefined]})
        );
    }
);

same(
    'a job can be a function: its source runs, without what surrounds it and without arguments',
    async ({create}) => {
        const messages = recorder();
        const manager = create({workerMessageHandler: messages});
        await manager.addJob({
            name: 'from-source',
            job: function namedJob(...args) {
                const {parentPort, workerData} = require('node:worker_threads');
                parentPort.postMessage({closure: typeof messages, args, data: workerData.id});
            },
            data: {id: 'abc'}
        });
        const [[{message}]] = await messages.times(1);
        assert.deepEqual(message, {closure: 'undefined', args: [], data: 'abc'});
    }
);

same('a function may be asynchronous, or an arrow', async ({create}) => {
    const messages = recorder();
    const manager = create({workerMessageHandler: messages});
    await manager.addJob({
        name: 'async-arrow',
        job: async () => {
            await new Promise((resolve) => setTimeout(resolve, 5));
            require('node:worker_threads').parentPort.postMessage('later');
        }
    });
    const [[{message}]] = await messages.times(1);
    assert.equal(message, 'later');
});

fix(
    'a function that declares a parameter is called with the data of the job',
    {upstream: 'it is called without arguments', ours: 'as an inline job is'},
    async ({create, pick}) => {
        const messages = recorder();
        const manager = create({workerMessageHandler: messages});
        const job = (data) => require('node:worker_threads').parentPort.postMessage(String(data?.email));
        await manager.addJob({name: 'takes-data', job, data: {email: 'a@b.c'}});
        const [[{message}]] = await messages.times(1);
        assert.equal(message, pick({upstream: 'undefined', ours: 'a@b.c'}));
    }
);

fix(
    'a function may be written as a method',
    {upstream: 'the run fails with a SyntaxError', ours: 'it runs'},
    async ({create, pick}) => {
        const manager = create({errorHandler: () => {}});
        const {run} = {
            run() {
                require('node:worker_threads').parentPort.postMessage('done');
            }
        };
        const completion = manager.awaitCompletion('method').then(
            () => 'completed',
            (error) => error.name
        );
        await manager.addJob({name: 'method', job: run});
        assert.equal(await completion, pick({upstream: 'SyntaxError', ours: 'completed'}));
    }
);

same('a bound or built-in function is refused', async ({create}) => {
    const manager = create({});
    for (const job of [namedFunction.bind(null), Math.max]) {
        await assert.rejects(manager.addJob({name: 'native', job}), {
            message: 'Job #1 named "native" can\'t be a bound or built-in function'
        });
    }
    assert.deepEqual(registered(manager), []);
});

same('a path that is no file is refused, by name, and nothing is registered', async ({create, jobFile}) => {
    const manager = create({});
    for (const job of [jobFile('missing.js'), jobFile('.')]) {
        await assert.rejects(manager.addJob({name: 'no-file', job}), ({message}) => message.includes(job));
    }
    assert.deepEqual(registered(manager), []);
});

same('the names "index", "index.js" and "index.mjs" are reserved', async ({create, jobFile}) => {
    const manager = create({});
    const refusal = {message: 'You cannot use the reserved job name of "index", "index.js", nor "index.mjs"'};
    await assert.rejects(manager.addJob({job: jobFile('index.js')}), refusal);
    await assert.rejects(manager.addJob({name: 'index.js', job: jobFile('simple.js')}), refusal);
    await assert.rejects(manager.addJob({name: 'index.mjs', job: jobFile('simple.js')}), refusal);
});
