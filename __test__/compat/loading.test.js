'use strict';

const assert = require('node:assert/strict');
const {once} = require('node:events');
const {pathToFileURL} = require('node:url');
const {Worker} = require('node:worker_threads');

const {chapter} = require('./support');
const {recorder} = require('./support/recorder');

const {same, fix} = chapter('Loading');

same('require gives the class itself', ({JobManager}) => {
    assert.equal(typeof JobManager, 'function');
    assert.ok(new JobManager({}) instanceof JobManager);
});

same('an ES module imports the class as its default export', async ({JobManager, request}) => {
    const imported = await import(pathToFileURL(require.resolve(request)));
    assert.equal(imported.default, JobManager);
});

same('a manager has the documented methods', ({create}) => {
    const manager = create({});
    const methods = [
        'addJob',
        'addOneOffJob',
        'hasExecutedSuccessfully',
        'awaitOneOffCompletion',
        'awaitCompletion',
        'allSettled',
        'removeJob',
        'shutdown',
        'inlineJobHandler'
    ];
    for (const method of methods) {
        assert.equal(typeof manager[method], 'function', method);
    }
});

same('every option can be left out', ({create}) => {
    const manager = create({});
    assert.equal(manager.inlineQueue.idle(), true);
});

fix(
    'a manager can be made without an argument',
    {upstream: 'throws a TypeError', ours: 'the same as with `{}`'},
    ({JobManager, pick}) => {
        const outcome = (() => {
            try {
                return new JobManager().constructor.name;
            } catch (error) {
                return error.name;
            }
        })();
        assert.equal(outcome, pick({upstream: 'TypeError', ours: JobManager.name}));
    }
);

same('options that it does not know are ignored', ({create}) => {
    const manager = create({
        console,
        info: () => {},
        db: {knex: {}},
        config: {get: () => ({enabled: true})},
        events: {}
    });
    assert.equal(manager.inlineQueue.length(), 0);
});

same('managers do not see the jobs of each other', async ({create, jobFile}) => {
    const [one, another] = [create({}), create({})];
    const at = new Date(Date.now() + 3_600_000);
    await one.addJob({name: 'same-name', at, job: jobFile('simple.js')});
    await another.addJob({name: 'same-name', at, job: jobFile('simple.js')});

    await one.removeJob('same-name');

    assert.deepEqual(one.bree.config.jobs, []);
    assert.deepEqual(
        another.bree.config.jobs.map(({name}) => name),
        ['same-name']
    );
});

same('it loads and works inside a worker thread', async ({request, jobFile}) => {
    const thread = new Worker(
        `
        const {parentPort} = require('node:worker_threads');
        const logging = require('@tryghost/logging');
        logging.info = () => {};
        const JobManager = require(${JSON.stringify(request)});
        const manager = new JobManager({
            workerMessageHandler: ({message}) => parentPort.postMessage({fromJob: message})
        });
        const completion = manager.awaitCompletion('done');
        manager.addJob({job: () => parentPort.postMessage('inline job ran'), offloaded: false});
        manager.addJob({job: ${JSON.stringify(jobFile('done.js'))}});
        completion.then(() => manager.shutdown()).then(() => parentPort.postMessage('shut down'));
        `,
        {eval: true}
    );
    const messages = recorder();
    thread.on('message', messages);

    const [exitCode] = await once(thread, 'exit');

    assert.equal(exitCode, 0);
    const received = messages.calls.map(([message]) => message);
    assert.deepEqual(received, ['inline job ran', {fromJob: 'done'}, 'shut down']);
});

same('it can be loaded several times in one process, as test runners do', async ({host}) => {
    const {exitCode, reports} = await host(async ({JobManager, jobFile, report, request, require}) => {
        for (const file of Object.keys(require.cache)) {
            if (file.startsWith(require('node:path').dirname(require.resolve(request)))) {
                delete require.cache[file];
            }
        }
        const JobManagerAgain = require(request);
        report(JobManagerAgain === JobManager);
        for (const Class of [JobManager, JobManagerAgain]) {
            const manager = new Class({});
            const completions = [manager.awaitCompletion('inline'), manager.awaitCompletion('done')];
            manager.addJob({name: 'inline', job: () => {}, offloaded: false});
            manager.addJob({job: jobFile('done.js')});
            await Promise.all(completions);
        }
        report('both work');
    });
    assert.deepEqual({exitCode, reports}, {exitCode: 0, reports: [false, 'both work']});
});

same('a host that only makes a manager ends by itself', async ({host}) => {
    const {exitCode, hung} = await host(({JobManager, report}) => {
        report(new JobManager({}).inlineQueue.idle());
    });
    assert.deepEqual({exitCode, hung}, {exitCode: 0, hung: false});
});

same('a host whose jobs have all ended ends by itself', async ({host}) => {
    const {exitCode, hung, reports} = await host(({JobManager, jobFile, report}) => {
        const manager = new JobManager({});
        manager.addJob({job: () => report('inline'), offloaded: false});
        manager.addJob({job: jobFile('simple.js')});
        manager.bree.on('worker deleted', report);
    });
    assert.deepEqual({exitCode, hung, reports}, {exitCode: 0, hung: false, reports: ['inline', 'simple']});
});

same('a host with a scheduled job stays until it has run', async ({host}) => {
    const {exitCode, hung, reports} = await host(({JobManager, jobFile, report}) => {
        const manager = new JobManager({});
        manager.addJob({at: new Date(Date.now() + 300), job: jobFile('simple.js')});
        manager.bree.on('worker deleted', report);
    });
    assert.deepEqual({exitCode, hung, reports}, {exitCode: 0, hung: false, reports: ['simple']});
});
