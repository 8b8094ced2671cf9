'use strict';

const assert = require('node:assert/strict');
const {once} = require('node:events');
const {text} = require('node:stream/consumers');

const {chapter} = require('./support');
const {recorder} = require('./support/recorder');

const {same, fix} = chapter('Workers');

/** Runs one job to its end and returns the messages that it sent. */
async function messagesOf({create}, definition, options = {}) {
    const messages = recorder();
    const deleted = recorder();
    const manager = create({workerMessageHandler: messages, errorHandler: () => {}, ...options});
    manager.bree.on('worker deleted', deleted);
    await manager.addJob({name: 'job', ...definition});
    await deleted.times(1);
    return messages.calls.map(([{message}]) => message);
}

/** Runs one job that talks: `converse` gets its worker once it has said 'ready'. */
async function conversation({create}, definition, converse) {
    const messages = recorder();
    const deleted = recorder();
    const manager = create({workerMessageHandler: messages});
    manager.bree.on('worker deleted', deleted);
    await manager.addJob({name: 'job', ...definition});
    await messages.until(({message}) => message === 'ready');
    await converse(manager.bree.workers.get('job'), manager);
    await deleted.times(1);
    return messages.calls.map(([{message}]) => message).slice(1);
}

// What a job sees

same('worker_threads looks as it does in a Worker, from a CommonJS module', async (context) => {
    const [view] = await messagesOf(context, {job: context.jobFile('view.js')});
    assert.equal(view.sameModule, true);
    assert.equal(view.isMainThread, false);
    assert.ok(Number.isInteger(view.threadId) && view.threadId > 0);
    assert.equal(typeof view.resourceLimits.maxOldGenerationSizeMb, 'number');
    assert.deepEqual([view.job.name, view.job.path], ['job', context.jobFile('view.js')]);
    assert.equal(view.cwd, process.cwd());
});

same('and from an ES module, with its top-level await', async (context) => {
    const [view] = await messagesOf(context, {job: context.jobFile('view.mjs')});
    assert.deepEqual([view.isMainThread, view.samePort, view.name], [false, true, 'job']);
    assert.ok(Number.isInteger(view.threadId) && view.threadId > 0);
});

same('each run has a threadId of its own', async (context) => {
    const [first] = await messagesOf(context, {job: context.jobFile('view.js')});
    const [second] = await messagesOf(context, {job: context.jobFile('view.js')});
    assert.notEqual(first.threadId, second.threadId);
});

same('parentPort can be listened to in every way', async (context) => {
    const [{heard}] = await conversation(context, {job: context.jobFile('port-forms.js')}, (worker) => {
        worker.postMessage('first');
        worker.postMessage('second');
    });
    const of = (form) => heard.filter(([heardBy]) => heardBy === form).map(([, value]) => value);
    assert.deepEqual(of('once'), ['first']);
    for (const form of ['on', 'addEventListener', 'onmessage']) {
        assert.deepEqual(of(form), ['first', 'second'], form);
    }
});

same('structured clone types arrive, as workerData and as messages', async (context) => {
    const value = {
        map: new Map([['key', {nested: true}]]),
        set: new Set([1, 2]),
        date: new Date(0),
        regexp: /x+/giu,
        bigint: 10n,
        bytes: new Uint8Array([1, 2, 3]),
        floats: new Float64Array([0.5]),
        buffer: new ArrayBuffer(4),
        error: new RangeError('out of range')
    };
    const kinds = {
        map: '[object Map]',
        set: '[object Set]',
        date: '[object Date]',
        regexp: '[object RegExp]',
        bigint: '[object BigInt]',
        bytes: '[object Uint8Array]',
        floats: '[object Float64Array]',
        buffer: '[object ArrayBuffer]',
        error: '[object Error]'
    };
    const definition = {job: context.jobFile('structured.js'), data: {value}};
    const [described, returned] = await conversation(context, definition, (worker) =>
        worker.postMessage(value)
    );
    assert.deepEqual(described, {workerData: kinds, message: kinds});
    assert.deepEqual(returned.map, value.map);
    assert.deepEqual(returned.set, value.set);
    assert.deepEqual(returned.date, value.date);
    assert.deepEqual(returned.regexp, value.regexp);
    assert.equal(returned.bigint, value.bigint);
    assert.deepEqual([...returned.bytes], [1, 2, 3]);
    assert.equal(returned.error.message, 'out of range');
    assert.ok(returned.error instanceof RangeError);
});

same('cycles and shared references arrive', async (context) => {
    const value = {name: 'loop', shared: []};
    value.self = value;
    value.again = value.shared;
    const [, returned] = await conversation(
        context,
        {job: context.jobFile('structured.js'), data: {value: {}}},
        (worker) => worker.postMessage(value)
    );
    assert.equal(returned.self, returned);
    assert.equal(returned.again, returned.shared);
});

same('what cannot be cloned throws a DataCloneError at the sender, in the job', async (context) => {
    const [error] = await messagesOf(context, {job: context.jobFile('unclonable.js')});
    assert.deepEqual(error, {name: 'DataCloneError', isError: true, code: 25});
});

same('and in the host', async (context) => {
    await conversation(context, {job: context.jobFile('echo.js')}, (worker) => {
        assert.throws(() => worker.postMessage(() => {}), {name: 'DataCloneError'});
        worker.postMessage('be done!');
    });
});

same('messages arrive in order, none is lost before the end is reported', async (context) => {
    const count = 2_000;
    const messages = await messagesOf(context, {job: context.jobFile('posts-then-exits.js'), data: {count}});
    assert.deepEqual(
        messages,
        Array.from({length: count}, (_, index) => index)
    );
});

same('messages posted to a job before it listens are kept', async (context) => {
    const messages = recorder();
    const manager = context.create({workerMessageHandler: messages});
    manager.bree.on('worker created', (name) => {
        manager.bree.workers.get(name).postMessage('early');
        manager.bree.workers.get(name).postMessage('be done!');
    });
    const completion = manager.awaitCompletion('job');
    await manager.addJob({name: 'job', job: context.jobFile('echo.js')});
    await completion;
    assert.deepEqual(
        messages.calls.map(([{message}]) => message),
        ['ready', {received: 'early'}, 'done']
    );
});

// How long it lives

same('a job ends when its event loop is empty', async (context) => {
    assert.deepEqual(await messagesOf(context, {job: context.jobFile('simple.js')}), []);
});

same('a message listener keeps it alive', async (context) => {
    await conversation(context, {job: context.jobFile('waits.js')}, async (worker, manager) => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        assert.equal(manager.bree.workers.has('job'), true);
        worker.postMessage('go on');
    });
});

same('unless the port is unreferenced', async (context) => {
    assert.deepEqual(await messagesOf(context, {job: context.jobFile('unrefs.js')}), []);
});

same("the message 'done' ends it, whatever else it has to do", async (context) => {
    assert.deepEqual(await messagesOf(context, {job: context.jobFile('done.js')}), ['done']);
});

// Its surroundings

same("the environment is a copy of the host's", async (context) => {
    process.env.COMPAT_FROM_HOST = 'set by the host';
    try {
        const [{env}] = await messagesOf(context, {job: context.jobFile('view.js')});
        assert.equal(env.fromHost, 'set by the host');
    } finally {
        delete process.env.COMPAT_FROM_HOST;
    }
});

fix(
    "`worker.env` is put over the host's environment",
    {
        upstream: "it takes the place of the host's environment, of PATH and TZ too",
        ours: "the host's environment, and `env` over it"
    },
    async (context) => {
        process.env.COMPAT_FROM_HOST = 'set by the host';
        try {
            const worker = {env: {COMPAT_FROM_WORKER: 'set for the worker'}};
            const [{env}] = await messagesOf(context, {job: context.jobFile('view.js')}, {worker});
            assert.deepEqual(
                env,
                context.pick({
                    upstream: {fromHost: undefined, fromWorker: 'set for the worker'},
                    ours: {fromHost: 'set by the host', fromWorker: 'set for the worker'}
                })
            );
        } finally {
            delete process.env.COMPAT_FROM_HOST;
        }
    }
);

same('the `worker` options of a manager are the defaults of its workers', async (context) => {
    const worker = {
        argv: ['--from', 'argv'],
        execArgv: ['--no-warnings'],
        resourceLimits: {maxOldGenerationSizeMb: 128}
    };
    const [view] = await messagesOf(context, {job: context.jobFile('view.js')}, {worker});
    assert.deepEqual(view.argv, ['--from', 'argv']);
    assert.ok(view.execArgv.includes('--no-warnings'));
    assert.equal(view.resourceLimits.maxOldGenerationSizeMb, 128);
});

same("`worker.workerData` of a manager goes to every job, under the job's own data", async (context) => {
    const worker = {workerData: {site: 'default', region: 'eu'}};
    const [{workerData}] = await messagesOf(
        context,
        {job: context.jobFile('data.js'), data: {site: 'own'}},
        {worker}
    );
    assert.deepEqual([workerData.site, workerData.region], ['own', 'eu']);
});

same("what a job prints is the host's output", async ({host}) => {
    const {exitCode, stdout, stderr} = await host(({JobManager, jobFile}) => {
        new JobManager({}).addJob({job: jobFile('prints.js')});
    });
    assert.deepEqual(
        {exitCode, stdout, stderr},
        {exitCode: 0, stdout: 'a line of output\n', stderr: 'a line of errors\n'}
    );
});

same('`worker.stdout` and `worker.stderr` capture it instead', async ({create, jobFile}) => {
    const manager = create({worker: {stdout: true, stderr: true}});
    const created = once(manager.bree, 'worker created');
    await manager.addJob({job: jobFile('prints.js')});
    await created;
    const worker = manager.bree.workers.get('prints');
    assert.deepEqual(await Promise.all([text(worker.stdout), text(worker.stderr)]), [
        'a line of output\n',
        'a line of errors\n'
    ]);
});

fix(
    'output that is captured and not read',
    {
        upstream: "all of it is kept in the host's memory",
        ours: 'beyond 1 MiB the job waits until the stream is read, with a warning'
    },
    async ({create, jobFile, pick}) => {
        let warn;
        const warned = new Promise((resolve) => {
            warn = resolve;
        });
        const manager = create({logger: {info() {}, error() {}, warn}, worker: {stdout: true}});
        const created = once(manager.bree, 'worker created');
        await manager.addJob({job: jobFile('prints-megabytes.js')});
        const [name] = await created;
        const {stdout} = manager.bree.workers.get(name);
        const completed = manager.awaitCompletion(name).then(() => 'completed');
        const first = await Promise.race([warned, completed]);
        assert.match(first, pick({upstream: /^completed$/, ours: /captured but not read/}));
        stdout.resume();
        await completed;
    }
);

same("what was printed before 'done' is printed, however long", async ({host}) => {
    const {exitCode, stdout} = await host(({JobManager, jobFile}) => {
        new JobManager({}).addJob({job: jobFile('prints-much.js')});
    });
    assert.deepEqual([exitCode, stdout.length, stdout.endsWith('\nlast line\n')], [0, 1_000_011, true]);
});
