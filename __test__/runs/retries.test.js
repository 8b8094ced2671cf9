'use strict';

// The tables of docs/retries.md on real processes.

const assert = require('node:assert/strict');
const {AsyncLocalStorage} = require('node:async_hooks');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const JobManager = require('../..');
const {blockUntil} = require('../support/processes');
const {temporaryFolder} = require('../support/temporary-folder');
const {attemptEnd, createManager, memoryModel, trying} = require('./support');

const HOUR_MS = 3_600_000;
const warnings = (logs) => logs.filter(({level}) => level === 'warn').map(({text}) => text);

/** Resolves when so many attempts have begun. */
async function begun(startsMs, count) {
    while (startsMs().length < count) {
        await new Promise(setImmediate);
    }
}

test('an error that heals on attempt 3 is a completion, with one warning for each failed attempt', async (t) => {
    const {manager, errors, logs} = createManager(t);
    const {job, startsMs} = trying(t, ['throw', 'throw', 'done'], {attempts: 5, backoff: [10, 20]});
    const summaries = [];
    const seen = [];
    manager.bree.on('run ended', (summary) => summaries.push(summary));
    for (const event of ['worker created', 'worker deleted']) {
        manager.bree.on(event, () => seen.push(event));
    }
    const completion = manager.awaitCompletion('job');
    await manager.addJob(job);
    const worker = await new Promise((resolve) => {
        manager.bree.once('worker created', (name) => resolve(manager.bree.workers.get(name)));
    });
    assert.equal(await new Promise((resolve) => worker.once('exit', resolve)), 1);
    await completion;
    await new Promise(setImmediate);
    assert.equal(startsMs().length, 3);
    assert.deepEqual(errors, []);
    assert.deepEqual(warnings(logs), [
        'Job "job" failed (attempt 1 of 5), next attempt in 10 ms: no luck 1',
        'Job "job" failed (attempt 2 of 5), next attempt in 20 ms: no luck 2'
    ]);
    assert.deepEqual(
        summaries.map(({attempt, cause, retryAt}) => [attempt, cause, retryAt instanceof Date]),
        [
            [1, 'error', true],
            [2, 'error', true],
            [3, 'done', false]
        ]
    );
    assert.equal(new Set(summaries.map(({threadId}) => threadId)).size, 3);
    assert.deepEqual(seen.join(), Array(3).fill('worker created,worker deleted').join());
});

test('a run is not tried again after an error that is permanent by its property or its name', async (t) => {
    const {manager, errors} = createManager(t);
    const {job, startsMs} = trying(t, ['permanent'], {attempts: 5, backoff: 0});
    await manager.addJob(job);
    await attemptEnd(manager);
    const named = {
        PermanentJobError: () => {
            throw Object.assign(new Error('no use'), {name: 'PermanentJobError'});
        },
        UnrecoverableError: () => {
            throw Object.assign(new Error('no use'), {name: 'UnrecoverableError'});
        }
    };
    for (const [name, job] of Object.entries(named)) {
        await manager.addJob({name, job: job, attempts: 5, backoff: 0});
        await attemptEnd(manager);
    }
    assert.equal(startsMs().length, 1);
    assert.deepEqual(
        errors.map(({name, attempt, attempts, gaveUp}) => [name, attempt, attempts, gaveUp]),
        ['job', ...Object.keys(named)].map((name) => [name, 1, 5, 'permanent'])
    );
    assert.ok(errors.every(({error}) => error.attempts === undefined));
});

test('PermanentJobError is an Error that is marked as permanent', () => {
    const cause = new Error('why');
    const error = new JobManager.PermanentJobError('no use', {cause});
    assert.ok(error instanceof Error);
    assert.deepEqual(
        [error.name, error.message, error.permanent, error.cause],
        ['PermanentJobError', 'no use', true, cause]
    );
});

test('a job whose file has gone is not tried again; one that misses another module is', async (t) => {
    const {manager, errors} = createManager(t, {maxWorkers: 1, warmWorkers: 0});
    const folder = temporaryFolder(t);
    for (const file of ['gone.js', 'gone.mjs']) {
        const gone = path.join(folder, file);
        fs.writeFileSync(gone, '');
        await manager.addJob({
            name: file,
            job: gone,
            at: new Date(Date.now() + HOUR_MS),
            attempts: 2,
            backoff: 0
        });
        fs.rmSync(gone);
        await manager.bree.run(file);
        await attemptEnd(manager);
    }
    const lacking = path.join(folder, 'lacking.js');
    fs.writeFileSync(lacking, `require('./lacking-part.js');`);
    await manager.addJob({name: 'lacking', job: lacking, attempts: 2, backoff: 0});
    await attemptEnd(manager);
    await attemptEnd(manager);
    assert.deepEqual(
        errors.map(({name, attempt, gaveUp, error}) => [
            name,
            attempt,
            gaveUp,
            error.code.replace('ERR_', '')
        ]),
        [
            ['gone.js', 1, 'permanent', 'MODULE_NOT_FOUND'],
            ['gone.mjs', 1, 'permanent', 'MODULE_NOT_FOUND'],
            ['lacking', 2, 'attempts', 'MODULE_NOT_FOUND']
        ]
    );
});

test('an exit code other than 0 is tried again; the errorHandler hears of the run once, at its end', async (t) => {
    const {manager, errors} = createManager(t);
    const {job, startsMs} = trying(t, ['throw', 'exit'], {attempts: 3, backoff: 5});
    const failure = assert.rejects(manager.awaitCompletion('job'), {code: 'JOB_EXIT_CODE'});
    await manager.addJob(job);
    await failure;
    assert.equal(startsMs().length, 3);
    assert.equal(errors.length, 1);
    const [{error, ...meta}] = errors;
    assert.equal(error.exitCode, 3);
    assert.match(meta.runId, /^[0-9a-f]{8}-\d+$/);
    assert.deepEqual([meta.name, meta.attempt, meta.attempts, meta.gaveUp], ['job', 3, 3, 'attempts']);
    assert.ok(meta.worker.threadId > 0);
    assert.deepEqual(
        error.attempts.map(({attempt, cause, message}) => [attempt, cause, message]),
        [
            [1, 'error', 'no luck 1'],
            [2, 'exit', 'Worker for job "job" exited with code 3']
        ]
    );
    assert.ok(error.attempts.every(({at}) => at instanceof Date));
});

test('the error of a run lists the last ten of its earlier attempts', async (t) => {
    const {manager, errors} = createManager(t);
    const job = () => {
        throw new Error('never');
    };
    await manager.addJob({name: 'job', job, attempts: 13, backoff: 0});
    await assert.rejects(manager.awaitCompletion('job'));
    const listed = errors[0].error.attempts.map(({attempt}) => attempt);
    assert.deepEqual(listed, [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});

test('runs whose processes are killed are tried again, and each ends once', async (t) => {
    const {manager, errors} = createManager(t, {maxWorkers: 4});
    const names = Array.from({length: 20}, (_, index) => `job ${index}`);
    const ends = [];
    manager.bree.on('run ended', ({name, attempt, cause, signal}) =>
        ends.push({name, attempt, cause, signal})
    );
    manager.bree.on('worker created', (name) => {
        const worker = manager.bree.workers.get(name);
        const onOnline = () =>
            worker.attempt === 1 ? process.kill(worker.pid, 'SIGKILL') : worker.postMessage('go');
        worker.once('online', onOnline);
    });
    const job = () => {
        const {parentPort} = require('node:worker_threads');
        parentPort.once('message', () => parentPort.postMessage('done'));
    };
    const completions = names.map((name) => manager.awaitCompletion(name));
    await Promise.all(names.map((name) => manager.addJob({name, job, attempts: 2, backoff: 1})));
    await Promise.all(completions);
    const ofAttempt = (number) => ends.filter(({attempt}) => attempt === number);
    assert.equal(ofAttempt(1).length, 20);
    assert.ok(ofAttempt(1).every(({cause, signal}) => cause === 'signal' && signal === 9));
    assert.deepEqual(new Set(ofAttempt(1).map(({name}) => name)), new Set(names));
    assert.deepEqual(errors, []);
});

test('a run that worker.terminate() ends is not tried again, nor one that is removed while it runs', async (t) => {
    const {manager, errors} = createManager(t, {gracePeriod: 50});
    const {job, startsMs} = trying(t, ['hang'], {attempts: 3, backoff: 0});
    await manager.addJob(job);
    await begun(startsMs, 1);
    const [worker] = manager.bree.workers.values();
    const terminated = assert.rejects(manager.awaitCompletion('job'), {code: 'JOB_TERMINATED'});
    await worker.terminate();
    await terminated;
    await manager.bree.run('job');
    await begun(startsMs, 2);
    const cancelled = assert.rejects(manager.awaitCompletion('job'), {code: 'JOB_CANCELLED'});
    await manager.removeJob('job');
    await cancelled;
    assert.equal(startsMs().length, 2);
    assert.deepEqual(
        errors.map(({error, attempt, gaveUp}) => [error.code, attempt, gaveUp]),
        [['JOB_TERMINATED', 1, undefined]]
    );
});

test('a time limit counts for each attempt', async (t) => {
    const {manager, errors} = createManager(t);
    const {job, startsMs} = trying(t, ['hang'], {attempts: 2, backoff: 0, timeout: 300, gracePeriod: 50});
    await manager.addJob(job);
    assert.equal((await attemptEnd(manager)).cause, 'timeout');
    assert.equal((await attemptEnd(manager)).cause, 'timeout');
    const [firstMs, secondMs] = startsMs();
    assert.ok(secondMs - firstMs >= 300);
    assert.deepEqual([errors.length, errors[0].error.code, errors[0].attempt], [1, 'JOB_TIMEOUT', 2]);
});

test('only the causes of retryOn are tried again', async (t) => {
    const {manager, errors} = createManager(t);
    const {job, startsMs} = trying(t, ['exit', 'throw'], {attempts: 5, backoff: 0, retryOn: ['exit']});
    await manager.addJob(job);
    await assert.rejects(manager.awaitCompletion('job'), {message: 'no luck 2'});
    assert.equal(startsMs().length, 2);
    assert.equal(errors[0].attempt, 2);
});

test('no attempt begins later than giveUpAfter says', async (t) => {
    const {manager, errors} = createManager(t);
    const {job, startsMs} = trying(t, ['throw'], {attempts: 5, backoff: HOUR_MS, giveUpAfter: 1_000});
    await manager.addJob(job);
    await assert.rejects(manager.awaitCompletion('job'));
    assert.equal(startsMs().length, 1);
    assert.equal(errors[0].gaveUp, 'time');
});

test('a retry starts on time while the event loop of the host is blocked', async (t) => {
    const {manager} = createManager(t);
    const {job, startsMs} = trying(t, ['throw', 'done'], {attempts: 2, backoff: 400});
    const completion = manager.awaitCompletion('job');
    await manager.addJob(job);
    assert.ok(blockUntil(() => startsMs().length === 2));
    const [firstMs, secondMs] = startsMs();
    assert.ok(secondMs - firstMs >= 400);
    await completion;
});

for (const [gaveUp, end] of [
    ['removed', (manager) => manager.removeJob('job')],
    ['stopped', (manager) => manager.bree.stop('job')],
    ['shutdown', (manager) => manager.shutdown()]
]) {
    test(`a retry that waits is given up at once when its job is ${gaveUp}: the last error counts`, async (t) => {
        const {JobModel, written} = memoryModel();
        const {manager, errors} = createManager(t, {JobModel});
        const {job, startsMs} = trying(t, ['throw'], {attempts: 3, backoff: HOUR_MS});
        const failure = assert.rejects(manager.awaitCompletion('job'), {message: 'no luck 1'});
        await manager.addOneOffJob(job);
        await attemptEnd(manager);
        assert.deepEqual(errors, []);
        await end(manager);
        await failure;
        assert.equal(startsMs().length, 1);
        assert.equal(errors.length, 1);
        const [{error, ...meta}] = errors;
        assert.deepEqual([error.message, error.attempts], ['no luck 1', undefined]);
        assert.deepEqual([meta.attempt, meta.attempts, meta.gaveUp], [1, 3, gaveUp]);
        assert.deepEqual(written, ['queued', 'started', 'failed']);
    });
}

test('the row of a one-off stays started between attempts, then says finished', async (t) => {
    const {JobModel, written} = memoryModel();
    const {manager, errors} = createManager(t, {JobModel});
    const {job} = trying(t, ['throw', 'throw', 'done'], {attempts: 3, backoff: 10});
    await manager.addOneOffJob(job);
    await attemptEnd(manager);
    assert.equal(await manager.hasExecutedSuccessfully('job'), true);
    const row = await manager.awaitOneOffCompletion('job');
    assert.equal(row.status, 'finished');
    assert.deepEqual(written, ['queued', 'started', 'started', 'started', 'finished']);
    assert.deepEqual(errors, []);
});

test('running a job by hand while its retry waits begins the next attempt now', async (t) => {
    const {manager} = createManager(t);
    const {job, startsMs} = trying(t, ['throw', 'done'], {attempts: 2, backoff: HOUR_MS});
    const completion = manager.awaitCompletion('job');
    await manager.addJob(job);
    await attemptEnd(manager);
    await manager.bree.run('job');
    await completion;
    assert.equal(startsMs().length, 2);
});

test('a retry that would meet the next due time is not waited for', async (t) => {
    const {manager, errors} = createManager(t);
    const {job} = trying(t, ['throw'], {at: 'every 1 hour', attempts: 3, backoff: 2 * HOUR_MS});
    await manager.addJob(job);
    await manager.bree.run('job');
    await attemptEnd(manager);
    assert.deepEqual([errors.length, errors[0].gaveUp], [1, 'next-due']);
});

test('overlap "queue-one" queues one run for all that are requested during a run', async (t) => {
    const {manager} = createManager(t);
    const {job, startsMs} = trying(t, ['done'], {at: 'every 1 hour', overlap: 'queue-one'});
    await manager.addJob(job);
    for (let count = 0; count < 4; count += 1) {
        await manager.bree.run('job');
    }
    await manager.awaitCompletion('job');
    await manager.awaitCompletion('job');
    assert.equal(manager.bree.workers.has('job'), false);
    assert.equal(startsMs().length, 2);
});

test('as many runs go at once as concurrency says, and overlap decides about others', async (t) => {
    const {manager, logs} = createManager(t, {gracePeriod: 50});
    const {job, startsMs} = trying(t, ['hang'], {at: 'every 1 hour', concurrency: 2});
    await manager.addJob(job);
    for (let count = 0; count < 3; count += 1) {
        await manager.bree.run('job');
    }
    await begun(startsMs, 2);
    assert.deepEqual(warnings(logs), ['Job "job" is already running [object Object]']);
});

test('a backoff function is asked in the context of its job, and may say no', async (t) => {
    const {manager, errors, logs} = createManager(t);
    const context = new AsyncLocalStorage();
    const questions = [];
    const backoff = async (failure) => {
        questions.push({...failure, context: context.getStore()});
        return failure.attempt < 2 ? 5 : null;
    };
    const {job, startsMs} = trying(t, ['throw'], {attempts: 9, backoff});
    await context.run('of the job', () => manager.addJob(job));
    await assert.rejects(manager.awaitCompletion('job'), {message: 'no luck 2'});
    assert.equal(startsMs().length, 2);
    assert.deepEqual(
        questions.map(({name, attempt, attempts, cause, error, ...rest}) => [
            [name, attempt, attempts, cause, error.message, rest.context],
            rest.elapsedMs >= 0 && rest.runId === errors[0].runId
        ]),
        [
            [['job', 1, 9, 'error', 'no luck 1', 'of the job'], true],
            [['job', 2, 9, 'error', 'no luck 2', 'of the job'], true]
        ]
    );
    assert.deepEqual([errors.length, errors[0].gaveUp], [1, 'backoff']);
    assert.deepEqual(
        errors[0].error.attempts.map(({attempt}) => attempt),
        [1]
    );
    const [line, ...others] = warnings(logs);
    assert.match(line, /^Job "job" failed \(attempt 1 of 9\), next attempt in \d+ ms: no luck 1$/);
    assert.deepEqual(others, []);
});

for (const [what, backoff, words] of [
    ['throws', () => assert.fail('broken'), /threw "broken"/],
    ['rejects', () => Promise.reject('broken'), /threw the string "broken"/],
    ['gives NaN', () => Number.NaN, /returned the number NaN/],
    ['gives nothing', () => {}, /returned undefined/]
]) {
    test(`a backoff function that ${what} is logged, and the default is used`, async (t) => {
        const errorsLogged = [];
        const logger = {
            info() {},
            warn: (line) => warned.resolve(line),
            error: (error) => errorsLogged.push(error)
        };
        const warned = {};
        const warning = new Promise((resolve) => {
            warned.resolve = resolve;
        });
        const {manager} = createManager(t, {logger});
        const {job} = trying(t, ['throw'], {attempts: 2, backoff});
        await manager.addJob(job);
        const [, seconds] = /next attempt in ([\d.]+) s:/.exec(await warning);
        assert.ok(seconds >= 4.9 && seconds <= 10, seconds);
        assert.deepEqual(
            errorsLogged.map(({code}) => code),
            ['INVALID_BACKOFF']
        );
        assert.match(errorsLogged[0].message, words);
    });
}

test('an error that is frozen, or no object, is handed over as it is', async (t) => {
    const {manager} = createManager(t);
    for (const thrown of [Object.freeze(new Error('frozen')), 'a text']) {
        const failure = manager.awaitCompletion('inline').catch((error) => error);
        await manager.addJob({
            name: 'inline',
            offloaded: false,
            attempts: 2,
            backoff: 0,
            job() {
                throw thrown;
            }
        });
        assert.equal(await failure, thrown);
    }
});
