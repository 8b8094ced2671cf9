'use strict';

const assert = require('node:assert/strict');
const {AsyncLocalStorage} = require('node:async_hooks');
const {once} = require('node:events');

const {chapter} = require('./support');
const {recorder} = require('./support/recorder');
const {MemoryJobModel} = require('./support/job-model');

const {same, fix} = chapter('Handlers, events and log lines');

/** Runs one job to its end. */
async function finish(manager, definition) {
    const deleted = once(manager.bree, 'worker deleted');
    await manager.addJob(definition);
    await deleted;
    await new Promise(setImmediate);
}

// workerMessageHandler

same('workerMessageHandler gets every message with the name of the job', async ({create, jobFile}) => {
    const messages = recorder();
    const manager = create({workerMessageHandler: messages});
    const sent = ['text', 7, false, {type: 'model-event', changed: {name: 'new'}}, [1, 2]];
    await finish(manager, {name: 'posts', job: jobFile('posts.js'), data: {messages: sent}});
    assert.deepEqual(
        messages.calls.map(([{name}]) => name),
        sent.map(() => 'posts')
    );
    assert.deepEqual(
        messages.calls.map(([{message}]) => message),
        sent
    );
});

same("'done' is a message too", async ({create, jobFile}) => {
    const messages = recorder();
    const manager = create({workerMessageHandler: messages});
    await finish(manager, {job: jobFile('done.js')});
    assert.deepEqual(
        messages.calls.map(([{message}]) => message),
        ['done']
    );
});

fix(
    'workerMessageHandler gets the worker that sent the message',
    {
        upstream: 'only `name` and `message` are passed on',
        ours: '`worker` is `{isMainThread, resourceLimits, threadId, pid}`'
    },
    async ({create, jobFile, pick}) => {
        const messages = recorder();
        const manager = create({workerMessageHandler: messages});
        await finish(manager, {job: jobFile('view.js')});
        const [[{message, worker}]] = messages.calls;
        assert.equal(worker?.threadId, pick({upstream: undefined, ours: message.threadId}));
        assert.deepEqual(
            Object.keys(worker ?? {}).toSorted(),
            pick({
                upstream: [],
                ours: ['isMainThread', 'pid', 'resourceLimits', 'threadId']
            })
        );
    }
);

// errorHandler

same('errorHandler gets the error, the name and the worker', async ({create, jobFile}) => {
    const errors = recorder();
    const manager = create({errorHandler: errors});
    await finish(manager, {name: 'fails', job: jobFile('throws.js')});
    const [error, meta] = errors.calls[0];
    assert.equal(error.message, 'job error');
    assert.equal(meta.name, 'fails');
    assert.ok(Number.isInteger(meta.worker.threadId));
    assert.equal(typeof meta.worker.resourceLimits, 'object');
});

same('first errorHandler, then the row, then awaitCompletion', async ({create, jobFile}) => {
    const order = [];
    const JobModel = new MemoryJobModel({throws: {status: 'queued'}});
    const manager = create({
        JobModel,
        errorHandler: () => order.push('errorHandler', JobModel.row('throws').status)
    });
    const completion = manager
        .awaitCompletion('throws')
        .catch(() => order.push('awaitCompletion', JobModel.row('throws').status));
    await manager.addJob({job: jobFile('throws.js')});
    await completion;
    assert.deepEqual(order.slice(0, 2), ['errorHandler', 'started']);
    assert.deepEqual(order.slice(-2), ['awaitCompletion', 'failed']);
});

fix(
    'a run that was cancelled on request is not an error',
    {
        upstream: '`errorHandler` gets an error: the worker exited with code 1',
        ours: '`errorHandler` is not called; `awaitCompletion` rejects'
    },
    async ({create, jobFile, pick}) => {
        const errors = recorder();
        const messages = recorder();
        const manager = create({errorHandler: errors, workerMessageHandler: messages});
        const rejected = assert.rejects(manager.awaitCompletion('cancels'));
        await manager.addJob({job: jobFile('cancels.js')});
        await messages.times(1);
        await manager.removeJob('cancels');
        await rejected;
        assert.deepEqual(
            errors.calls.map(([{message}]) => message),
            pick({upstream: ['Worker for job "cancels" exited with code 1'], ours: []})
        );
    }
);

for (const [kind, what] of [
    ['throws', 'throws'],
    ['rejects', 'returns a promise that rejects']
]) {
    fix(
        `a handler of the host's that ${what} is logged and changes nothing else`,
        {upstream: 'the exception ends the host', ours: 'it is logged; the job and the host go on'},
        async ({host, pick}) => {
            for (const handler of ['errorHandler', 'workerMessageHandler']) {
                const {exitCode, reports} = await host(
                    async ({JobManager, jobFile, report, settings}) => {
                        const broken = () => {
                            const error = new Error('broken handler');
                            if (settings.kind === 'rejects') {
                                return Promise.reject(error);
                            }
                            throw error;
                        };
                        const manager = new JobManager({errorHandler: () => {}, [settings.handler]: broken});
                        const file = settings.handler === 'errorHandler' ? 'throws.js' : 'done.js';
                        const completion = manager.awaitCompletion('job').then(
                            () => 'completed',
                            ({message}) => message
                        );
                        await manager.addJob({name: 'job', job: jobFile(file)});
                        report(await completion);
                    },
                    {settings: {handler, kind}}
                );
                const outcome = handler === 'errorHandler' ? 'job error' : 'completed';
                assert.deepEqual(
                    exitCode === 0 ? reports : 'the host has ended',
                    pick({
                        upstream: 'the host has ended',
                        ours: [outcome]
                    }),
                    handler
                );
            }
        }
    );
}

// Domain events

same('a message with `event` is dispatched as a domain event', async ({create, jobFile}) => {
    const messages = recorder();
    const domainEvents = {
        dispatchRaw: recorder(function dispatchRaw() {
            return this;
        })
    };
    const manager = create({domainEvents, workerMessageHandler: messages});
    await finish(manager, {job: jobFile('event.js')});
    assert.deepEqual(domainEvents.dispatchRaw.calls, [['MemberImported', {id: 'abc', at: new Date(0)}]]);
    assert.equal(messages.calls.length, 2);
});

same('other messages are not', async ({create, jobFile}) => {
    const dispatchRaw = recorder();
    const manager = create({domainEvents: {dispatchRaw}});
    const messages = ['text', {type: 'model-event'}, 7, []];
    await finish(manager, {name: 'posts', job: jobFile('posts.js'), data: {messages}});
    assert.deepEqual(dispatchRaw.calls, []);
});

same('without `domainEvents` such a message is a message like others', async ({create, jobFile}) => {
    const messages = recorder();
    const manager = create({workerMessageHandler: messages});
    await finish(manager, {job: jobFile('event.js')});
    assert.equal(messages.calls[0][0].message.event.type, 'MemberImported');
});

fix(
    'the message null is a message like others',
    {
        upstream: 'with `domainEvents` an unhandled rejection ends the host',
        ours: 'it goes to `workerMessageHandler`'
    },
    async ({host, pick}) => {
        const {exitCode, reports} = await host(async ({JobManager, jobFile, report}) => {
            const manager = new JobManager({
                domainEvents: {dispatchRaw: () => {}},
                workerMessageHandler: ({message}) => report(message)
            });
            await manager.addJob({name: 'posts', job: jobFile('posts.js'), data: {messages: [null]}});
            await new Promise((resolve) => manager.bree.once('worker deleted', resolve));
            report('ended');
        });
        assert.deepEqual([exitCode, reports], pick({upstream: [1, [null]], ours: [0, [null, 'ended']]}));
    }
);

// The handlers that hosts and tests know by name

same('_jobMessageHandler can be called: an event is dispatched', async ({create}) => {
    const dispatchRaw = recorder();
    const manager = create({domainEvents: {dispatchRaw}});
    await manager._jobMessageHandler({
        name: 'event-job',
        message: {event: {type: 'my-event', data: {foo: 'bar'}}}
    });
    assert.deepEqual(dispatchRaw.calls, [['my-event', {foo: 'bar'}]]);
});

same(
    '_jobMessageHandler can be called: the row is written and awaitCompletion resolves',
    async ({create}) => {
        const JobModel = new MemoryJobModel({elsewhere: {status: 'queued'}});
        const manager = create({JobModel});
        const completion = manager.awaitCompletion('elsewhere');
        await manager._jobMessageHandler({name: 'elsewhere', message: 'started'});
        assert.equal(JobModel.row('elsewhere').status, 'started');
        await manager._jobMessageHandler({name: 'elsewhere', message: 'done'});
        assert.equal(JobModel.row('elsewhere').status, 'finished');
        await completion;
    }
);

same('_jobErrorHandler can be called: the row is written and awaitCompletion rejects', async ({create}) => {
    const JobModel = new MemoryJobModel({elsewhere: {status: 'started'}});
    const manager = create({JobModel});
    const completion = manager.awaitCompletion('elsewhere');
    const rejected = assert.rejects(completion, /failed elsewhere/);
    await manager._jobErrorHandler(new Error('failed elsewhere'), {name: 'elsewhere'});
    assert.equal(JobModel.row('elsewhere').status, 'failed');
    await rejected;
});

same('_jobErrorHandler rejects allSettled, if inlineQueue.idle() returns false', async ({create}) => {
    const manager = create({});
    const {idle} = manager.inlineQueue;
    manager.inlineQueue.idle = () => false;
    const all = manager.allSettled();
    manager.inlineQueue.idle = idle;
    const rejected = assert.rejects(all, /all failed/);
    await manager._jobErrorHandler(new Error('all failed'), {name: 'no-op'});
    await rejected;
});

same('a subclass sees every message and error of its jobs', async ({JobManager, create, jobFile}) => {
    const seen = recorder();
    class Watching extends JobManager {
        async _jobMessageHandler(message) {
            seen(['message', message.name, message.message]);
            return super._jobMessageHandler(message);
        }

        async _jobErrorHandler(error, meta) {
            seen(['error', meta.name, error.message]);
            return super._jobErrorHandler(error, meta);
        }
    }
    const manager = create({}, Watching);
    const completions = [manager.awaitCompletion('inline'), manager.awaitCompletion('done')];
    const failure = assert.rejects(manager.awaitCompletion('throws'), /job error/);
    await manager.addJob({name: 'inline', job: () => {}, offloaded: false});
    await manager.addJob({job: jobFile('done.js')});
    await manager.addJob({job: jobFile('throws.js')});
    await Promise.all([...completions, failure]);

    const of = (job) => seen.calls.map(([entry]) => entry).filter(([, name]) => name === job);
    assert.deepEqual(of('inline'), [
        ['message', 'inline', 'started'],
        ['message', 'inline', 'done']
    ]);
    assert.deepEqual(of('done'), [
        ['message', 'done', 'started'],
        ['message', 'done', 'done']
    ]);
    assert.deepEqual(of('throws').slice(0, 2), [
        ['message', 'throws', 'started'],
        ['error', 'throws', 'job error']
    ]);
});

same('inlineJobHandler(name) handles the end of an inline job and can be overridden', async ({create}) => {
    const manager = create({});
    const ended = recorder();
    manager.inlineJobHandler = (name) => async (error) => ended([name, error?.message ?? null]);
    manager.addJob({name: 'works', job: async () => {}, offloaded: false});
    manager.addJob({
        name: 'fails',
        job: async () => Promise.reject(new Error('job error')),
        offloaded: false
    });
    await ended.times(2);
    assert.deepEqual(ended.calls.map(([entry]) => entry).toSorted(), [
        ['fails', 'job error'],
        ['works', null]
    ]);
});

same('inlineJobHandler(name) can be called: it resolves with the result', async ({create}) => {
    const manager = create({});
    const completion = manager.awaitCompletion('by-hand');
    assert.equal(await manager.inlineJobHandler('by-hand')(null, 'its result'), 'its result');
    await completion;

    const failure = assert.rejects(manager.awaitCompletion('by-hand'), /job error/);
    await manager.inlineJobHandler('by-hand')(new Error('job error'));
    await failure;
});

// Log lines

same('the logger is looked up when a line is written, so that a stub is seen', async ({create}) => {
    const logging = require('@tryghost/logging');
    const manager = create({});
    const {info} = logging;
    logging.info = recorder();
    try {
        manager.addJob({name: 'stubbed', job: () => {}, offloaded: false});
        assert.equal(logging.info.calls.length, 1);
    } finally {
        logging.info = info;
    }
});

same('a worker that comes and goes is logged at info', async ({create, jobFile, logs}) => {
    const manager = create({});
    await finish(manager, {job: jobFile('simple.js')});
    assert.deepEqual(logs.info.slice(2), [
        'Worker for job "simple" online',
        'Worker for job "simple" exited with code 0'
    ]);
    assert.deepEqual([logs.warn, logs.error], [[], []]);
});

same('a job that was cancelled on request is logged at info', async ({create, jobFile, logs}) => {
    const messages = recorder();
    const manager = create({workerMessageHandler: messages, errorHandler: () => {}});
    await manager.addJob({job: jobFile('cancels.js')});
    await messages.times(1);
    await manager.removeJob('cancels');
    await logs.until('info', (line) => line === 'Gracefully cancelled worker for job "cancels"');
});

fix(
    'jobs and handlers run in the async context (AsyncLocalStorage) of their addJob',
    {
        upstream: 'an inline job may run in the context of another, handlers in none',
        ours: 'each in that of its own `addJob`; listeners of `bree` events in that of the job that they are about'
    },
    async ({create, jobFile, isOurs}) => {
        const storage = new AsyncLocalStorage();
        const seen = recorder();
        const manager = create({
            workerMessageHandler: ({name}) => seen(name, storage.getStore())
        });
        const names = ['one', 'two', 'three', 'four', 'five', 'six'];
        for (const name of names) {
            const job = async () => {
                seen(name, storage.getStore());
                await new Promise(setImmediate);
            };
            storage.run(name, () => void manager.addJob({name, job, offloaded: false}));
        }
        await storage.run('offloaded', () => manager.addJob({name: 'offloaded', job: jobFile('done.js')}));
        const calls = await seen.times(names.length + 1);
        const isRight = calls.every(([name, context]) => name === context);
        assert.equal(isRight, isOurs);
    }
);

fix(
    'a run that fails is logged when there is no errorHandler',
    {
        upstream: 'nothing is logged',
        ours: 'one line at error for a run; for a recurring job at most one a minute'
    },
    async ({create, jobFile, logs, pick}) => {
        const manager = create({});
        const failed = manager.awaitCompletion('throws');
        await manager.addJob({name: 'throws', job: jobFile('throws.js')});
        await assert.rejects(failed);
        assert.deepEqual(logs.error, pick({upstream: [], ours: ['Job "throws" failed']}));
    }
);
