'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const {chapter} = require('./support');
const {recorder} = require('./support/recorder');

const {same, fix} = chapter('Workers that fail');

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
        upstream: 'the job gets an error, because workers cannot abort; a crash in native code ends the host',
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

fix(
    'a job runs although the working directory of the host has been removed',
    {upstream: 'it fails: `ENOENT: no such file or directory, uv_cwd`', ours: 'it runs, there'},
    async ({create, jobFile, pick}) => {
        const manager = create({errorHandler() {}});
        const before = process.cwd();
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'compat-'));
        process.chdir(folder);
        fs.rmdirSync(folder);
        try {
            const completion = manager.awaitCompletion('job');
            await manager.addJob({name: 'job', job: jobFile('done.js')});
            const outcome = await completion.then(
                () => 'ran',
                ({code}) => code
            );
            assert.equal(outcome, pick({upstream: 'ENOENT', ours: 'ran'}));
        } finally {
            process.chdir(before);
        }
    }
);
