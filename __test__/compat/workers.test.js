'use strict';

const assert = require('node:assert/strict');
const {once} = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
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

/** Runs one job to its failure and returns the error and what the errorHandler was told besides. */
async function failureOf({create}, definition, options = {}) {
    const errors = recorder();
    const manager = create({errorHandler: errors, ...options});
    const completion = manager.awaitCompletion('job');
    await manager.addJob({name: 'job', ...definition});
    const rejection = await completion.then(
        () => null,
        (error) => error
    );
    const [error, meta] = errors.calls[0];
    assert.equal(rejection, error, 'awaitCompletion rejects with what the errorHandler got');
    return {error, meta};
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

same("what was printed before 'done' is printed, however long", async ({host}) => {
    const {exitCode, stdout} = await host(({JobManager, jobFile}) => {
        new JobManager({}).addJob({job: jobFile('prints-much.js')});
    });
    assert.deepEqual([exitCode, stdout.length, stdout.endsWith('\nlast line\n')], [0, 1_000_011, true]);
});

// How it fails

same(
    'an exception arrives as it was thrown: name, message, stack, code, cause and own properties',
    async (context) => {
        const {error, meta} = await failureOf(context, {job: context.jobFile('throws.js')});
        assert.ok(error instanceof RangeError);
        assert.equal(error.message, 'job error');
        assert.deepEqual([error.code, error.amount, error.cause.message], ['E_PAYMENT', 7, 'the reason']);
        assert.match(error.stack, /throws\.js/);
        assert.equal(meta.name, 'job');
        assert.ok(Number.isInteger(meta.worker.threadId));
    }
);

same("a function's exception too", async (context) => {
    const {error} = await failureOf(context, {
        job: function namedJob() {
            throw new TypeError('from a function');
        }
    });
    assert.deepEqual([error.name, error.message], ['TypeError', 'from a function']);
});

same('an unhandled rejection is a failure', async (context) => {
    const {error} = await failureOf(context, {job: context.jobFile('rejects.js')});
    assert.deepEqual([error.name, error.message], ['TypeError', 'nobody caught this']);
});

same('what is thrown need not be an Error', async (context) => {
    const {error} = await failureOf(context, {job: context.jobFile('throws-text.js')});
    assert.equal(error, 'only text');
});

same('a module that cannot be parsed is a failure', async (context) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'job-manager-compat-'));
    const job = path.join(folder, 'syntax-error.js');
    fs.writeFileSync(job, 'const unfinished = ;\n');
    const {error} = await failureOf(context, {job});
    fs.rmSync(folder, {recursive: true});
    assert.equal(error.name, 'SyntaxError');
    assert.match(error.stack, /syntax-error\.js/);
});

same('an exit code other than 0 is a failure', async (context) => {
    const {error, meta} = await failureOf(context, {job: context.jobFile('exits.js'), data: {exitCode: 3}});
    assert.equal(error.message, 'Worker for job "job" exited with code 3');
    assert.equal(meta.name, 'job');
});

fix(
    'errorHandler is called once for a failed run',
    {upstream: 'twice: for the error, and for the exit code 1 that follows', ours: 'once, with the error'},
    async ({create, jobFile, pick}) => {
        const errors = recorder();
        const deleted = recorder();
        const manager = create({errorHandler: errors});
        manager.bree.on('worker deleted', deleted);
        await manager.addJob({job: jobFile('throws.js')});
        await deleted.times(1);
        await new Promise(setImmediate);
        assert.deepEqual(
            errors.calls.map(([{message}]) => message),
            pick({
                upstream: ['job error', 'Worker for job "throws" exited with code 1'],
                ours: ['job error']
            })
        );
    }
);

same('a job that needs more memory than its limit fails; the host goes on', async ({host}) => {
    const {exitCode, reports} = await host(({JobManager, jobFile, report}) => {
        const manager = new JobManager({
            worker: {resourceLimits: {maxOldGenerationSizeMb: 16}},
            errorHandler: (error, {name}) => report(name)
        });
        manager.addJob({job: jobFile('eats-memory.js')});
    });
    assert.equal(exitCode, 0);
    assert.equal(reports[0], 'eats-memory');
});

for (const signal of ['SIGTERM', 'SIGKILL']) {
    fix(
        `a job that ends by ${signal} fails; the host goes on`,
        {upstream: 'the signal ends the host', ours: 'the run fails with an Error that names the signal'},
        async ({host, pick}) => {
            const result = await host(
                ({JobManager, jobFile, report, settings}) => {
                    const manager = new JobManager({
                        errorHandler: ({message}) => report(message.includes(settings.signal))
                    });
                    manager.addJob({job: jobFile('signals-itself.js'), data: settings});
                },
                {settings: {signal}}
            );
            assert.deepEqual(
                [result.exitCode, result.signal, result.reports],
                pick({
                    upstream: [null, signal, []],
                    ours: [0, null, [true]]
                })
            );
        }
    );
}

fix(
    'a job whose process aborts fails; the host goes on',
    {
        upstream: 'the job is told that workers cannot abort; a crash in native code ends the host',
        ours: 'the run fails with an Error that names the signal'
    },
    async (context) => {
        const {error} = await failureOf(context, {job: context.jobFile('aborts.js')});
        assert.match(
            error.message,
            context.pick({
                upstream: /process\.abort\(\) is not supported in workers/,
                ours: /SIGABRT/
            })
        );
    }
);
