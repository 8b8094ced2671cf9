'use strict';

// Cancelling runs, the order of those that wait, ids, and requests that are refused.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const {createManager} = require('../support/runs');
const {temporaryFolder} = require('../support/temporary-folder');
const {failureOf, jobs, resultOf} = require('./support');

/** A manager with a job of which one run goes until `open` is called. */
async function withGate(t, options = {}) {
    const host = createManager(t);
    const {manager} = host;
    const calls = [];
    let open;
    const gate = new Promise((resolve) => {
        open = resolve;
    });
    await manager.defineJob({
        name: 'job',
        concurrency: 1,
        job: async (data) => {
            calls.push(data);
            await gate;
            return data;
        },
        ...options
    });
    const first = await manager.runJob('job', {data: 'first'});
    return {...host, first, calls, open};
}

test('a run that waits is cancelled at once, and never begins', async (t) => {
    const {manager, first, calls, open, errors} = await withGate(t);
    const waiting = await manager.runJob('job', {data: 'second'});
    const info = await waiting.cancel('not needed');
    assert.deepEqual([info.state, info.cause, info.started], ['cancelled', 'cancelled', undefined]);
    const {error} = await failureOf(waiting);
    assert.deepEqual([error.code, error.reason], ['JOB_CANCELLED', 'not needed']);
    open();
    await first.result;
    assert.deepEqual(calls, ['first']);
    assert.deepEqual(errors, []);
    assert.equal((await waiting.cancel()).state, 'cancelled');
});

test('a run that waits for its time is cancelled', async (t) => {
    const {manager} = await withGate(t);
    const later = await manager.runJob('job', {delay: 1e6});
    assert.equal((await later.cancel()).state, 'cancelled');
    assert.equal((await failureOf(later)).error.code, 'JOB_CANCELLED');
});

for (const [kind, job] of [
    ['offloaded', jobs('ends.js')],
    ['inline', require('./jobs/ends.js')]
]) {
    test(`attempts of one run of an ${kind} handler wait as the job's backoff says`, async (t) => {
        const {manager} = createManager(t);
        await manager.defineJob({name: 'ends', job, backoff: 5});
        const run = await manager.runJob('ends', {data: {how: 'throw'}, attempts: 3});
        const waitsMs = [];
        run.on('attempt failed', ({retryAt}) => waitsMs.push(retryAt - Date.now()));
        assert.equal((await failureOf(run)).info.attempt, 3);
        assert.equal(waitsMs.length, 2);
        assert.ok(
            waitsMs.every((waitMs) => waitMs <= 5),
            `${waitsMs} ms`
        );
    });
}

test('an offloaded run that goes is cancelled by its signal, and keeps its process', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'ends', job: jobs('ends.js'), concurrency: 1});
    const pid = await resultOf(manager, 'ends', {data: {}});
    const run = await manager.runJob('ends', {data: {how: 'until aborted'}});
    await new Promise((resolve) => run.on('progress', resolve));
    assert.equal(run.info().state, 'running');
    const info = await run.cancel();
    assert.equal(info.state, 'cancelled');
    assert.equal(await resultOf(manager, 'ends', {data: {}}), pid);
});

test('one that does not heed its signal loses its process after the grace period', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'ends', job: jobs('ends.js'), concurrency: 1, gracePeriod: 50});
    const pid = await resultOf(manager, 'ends', {data: {}});
    const run = await manager.runJob('ends', {data: {how: 'never'}});
    const next = await manager.runJob('ends', {data: {}});
    assert.equal((await run.cancel()).state, 'cancelled');
    assert.notEqual(await next.result, pid);
});

test('an inline run that goes is cancelled by its signal', async (t) => {
    const {manager} = createManager(t);
    let started;
    const hasStarted = new Promise((resolve) => {
        started = resolve;
    });
    await manager.defineJob({
        name: 'inline',
        job: (data, {signal}) => {
            started();
            return new Promise((resolve, reject) =>
                signal.addEventListener('abort', () => reject(signal.reason))
            );
        }
    });
    const run = await manager.runJob('inline');
    await hasStarted;
    assert.equal((await run.cancel('enough')).state, 'cancelled');
    assert.equal((await failureOf(run)).error.reason, 'enough');
});

test('an AbortSignal cancels its run, and one that is aborted already refuses it', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'ends', job: jobs('ends.js')});
    const abort = new AbortController();
    const run = await manager.runJob('ends', {data: {how: 'until aborted'}, signal: abort.signal});
    run.on('progress', () => abort.abort(new Error('by hand')));
    const {error} = await failureOf(run);
    assert.deepEqual([error.code, error.reason], ['JOB_CANCELLED', 'by hand']);
    await assert.rejects(manager.runJob('ends', {signal: abort.signal}), /by hand/);
});

test('an id that is known answers the same run, also after its end', async (t) => {
    const {manager, calls, open} = await withGate(t);
    const run = await manager.runJob('job', {id: 'invoice 7', data: 1});
    assert.equal(run.id, 'invoice 7');
    assert.equal(await manager.runJob('job', {id: 'invoice 7', data: 2}), run);
    open();
    assert.equal(await run.result, 1);
    assert.equal(await manager.runJob('job', {id: 'invoice 7', data: 3}), run);
    assert.deepEqual(calls, ['first', 1]);
    await manager.defineJob({name: 'other', job: () => {}});
    await assert.rejects(manager.runJob('other', {id: 'invoice 7'}), {code: 'RUN_ID_TAKEN'});
});

test('of those that wait a higher priority comes first, and equal ones in order', async (t) => {
    const {manager, calls, open} = await withGate(t);
    const runs = [];
    for (const [data, priority] of [['a'], ['b', 5], ['c', -5], ['d', 5], ['e']]) {
        runs.push(await manager.runJob('job', {data, priority}));
    }
    open();
    await Promise.all(runs.map(({result}) => result));
    assert.deepEqual(calls, ['first', 'b', 'd', 'a', 'e', 'c']);
});

test('one more than may wait is refused with QUEUE_FULL', async (t) => {
    const {manager, open} = await withGate(t, {maxWaiting: 2});
    const waiting = [await manager.runJob('job'), await manager.runJob('job')];
    await assert.rejects(manager.runJob('job'), {code: 'QUEUE_FULL', message: /"job".*2 wait/});
    open();
    await Promise.all(waiting.map(({result}) => result));
    await resultOf(manager, 'job');
});

test('jobs of one queue share its places', async (t) => {
    const {manager} = createManager(t, {queues: {mail: {concurrency: 2}}});
    let going = 0;
    let most = 0;
    const job = async () => {
        most = Math.max(most, (going += 1));
        await new Promise(setImmediate);
        going -= 1;
    };
    await manager.defineJob({name: 'a', queue: 'mail', job});
    await manager.defineJob({name: 'b', queue: 'mail', job});
    const runs = await Promise.all(
        Array.from({length: 20}, (_, index) => manager.runJob(index % 2 ? 'a' : 'b'))
    );
    await Promise.all(runs.map(({result}) => result));
    assert.equal(most, 2);
});

test('a run begins after its delay, or at its time', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'now', job: () => Date.now()});
    const asked = Date.now();
    const at = new Date(asked + 80);
    const [delayed, timed] = await Promise.all([
        resultOf(manager, 'now', {delay: 60}),
        resultOf(manager, 'now', {at})
    ]);
    assert.ok(delayed >= asked + 59, `${delayed - asked} ms`);
    assert.ok(timed >= at.getTime() - 1, `${timed - at} ms`);
    await resultOf(manager, 'now', {at: new Date(0)});
});

test('a script runs at once, with data of its own where that is given', async (t) => {
    const {manager, errors} = createManager(t);
    const file = path.join(temporaryFolder(t), 'script.js');
    fs.writeFileSync(
        file,
        `const {workerData} = require('node:worker_threads');
        if (workerData.fails) throw new Error('failed');`
    );
    const at = new Date(Date.now() + 1e8);
    await manager.addJob({name: 'script', job: file, at, data: {fails: true}});
    const failed = await failureOf(await manager.runJob('script'));
    assert.deepEqual([failed.error.message, failed.info.state], ['failed', 'failed']);
    const run = await manager.runJob('script', {data: {fails: false}});
    assert.equal(await run.result, undefined);
    assert.equal(run.info().cause, 'exit');
    assert.equal(errors.length, 1);
});

test('a scheduled inline job can be run at once too', async (t) => {
    const {manager} = createManager(t);
    const at = new Date(Date.now() + 1e8);
    await manager.addJob({name: 'inline', offloaded: false, at, data: 'own', job: (data) => `got ${data}`});
    assert.equal(await resultOf(manager, 'inline'), 'got own');
    assert.equal(await resultOf(manager, 'inline', {data: 'other'}), 'got other');
});

test('a script that runs already is refused, or waits for its turn, as overlap says', async (t) => {
    const {manager} = createManager(t);
    const at = new Date(Date.now() + 1e8);
    const job = () => require('node:worker_threads').parentPort.once('message', () => {});
    await manager.addJob({name: 'skip', job, at, gracePeriod: 10});
    await manager.addJob({name: 'queue', job, at, overlap: 'queue', gracePeriod: 10});
    const skip = await manager.runJob('skip');
    await assert.rejects(manager.runJob('skip'), (error) => {
        assert.equal(error.code, 'JOB_ALREADY_RUNNING');
        assert.equal(error.runId, skip.id);
        assert.ok(Math.abs(error.since - Date.now()) < 10_000, String(error.since));
        assert.ok(error.message.includes(`(run ${skip.id})`), error.message);
        return true;
    });
    const first = await manager.runJob('queue');
    const second = await manager.runJob('queue');
    assert.notEqual(second.id, first.id);
    assert.equal(second.info().state, 'queued');
    await first.cancel();
    await Promise.all([skip.cancel(), second.cancel()]);
});

test('where one run may wait it answers every request meanwhile, with the newest data', async (t) => {
    const {manager} = createManager(t);
    const at = new Date(Date.now() + 1e8);
    let open;
    const gate = new Promise((resolve) => {
        open = resolve;
    });
    const seen = [];
    const job = (data) => {
        seen.push(data);
        return gate;
    };
    await manager.addJob({name: 'job', job, at, offloaded: false, overlap: 'queue-one'});
    const first = await manager.runJob('job', {data: 1});
    const second = await manager.runJob('job', {data: 2});
    assert.equal(await manager.runJob('job', {data: 3}), second);
    open();
    await Promise.all([first.result, second.result]);
    assert.deepEqual(seen, [1, 3]);
});

test('a run that is cancelled while its retry waits ends cancelled, and errorHandler gets its last error', async (t) => {
    const at = new Date(Date.now() + 1e8);
    const fail = () => {
        throw new Error('the service is down');
    };
    for (const offloaded of [true, false]) {
        const {manager, errors, logs} = createManager(t);
        await manager.addJob({name: 'job', job: fail, at, offloaded, attempts: 2, backoff: 1e6});
        const run = await manager.runJob('job');
        await new Promise((resolve) => run.on('attempt failed', resolve));
        await run.cancel('not needed');
        assert.equal(run.info().state, 'cancelled');
        await assert.rejects(run.result, {code: 'JOB_CANCELLED', reason: 'not needed'});
        const told = errors.map(({error, gaveUp}) => [error.message, gaveUp]);
        assert.deepEqual(told, offloaded ? [['the service is down', 'cancelled']] : []);
        // Errors of inline jobs are logged.
        const logged = logs.filter(({level}) => level === 'error');
        assert.equal(logged.length, offloaded ? 0 : 1);
    }
});

test('removing a job cancels its runs, waiting or not', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'ends', job: jobs('ends.js'), concurrency: 1});
    const runs = [
        await manager.runJob('ends', {data: {how: 'until aborted'}}),
        await manager.runJob('ends', {data: {}})
    ];
    await new Promise((resolve) => runs[0].on('progress', resolve));
    await manager.removeJob('ends');
    assert.deepEqual(
        runs.map((run) => run.info().state),
        ['cancelled', 'cancelled']
    );
});

test('an inline run that is cancelled as it is asked for is never called', async (t) => {
    const {manager} = createManager(t);
    let calls = 0;
    await manager.defineJob({
        name: 'inline',
        job: () => {
            calls += 1;
            return new Promise(() => {});
        }
    });
    const run = await manager.runJob('inline');
    assert.equal((await run.cancel()).state, 'cancelled');
    assert.equal(calls, 0);
});

test('the pause of all jobs shows its note with each, and cancels the runs that go and wait', async (t) => {
    const {manager, first} = await withGate(t);
    const waiting = await manager.runJob('job', {data: 'second'});
    const paused = [];
    manager.events.on('all paused', (event) => paused.push(event));
    await manager.pauseAll({note: 'until the move is over', cancelRunning: true, by: 'operator'});
    assert.deepEqual(paused, [{by: 'operator', note: 'until the move is over'}]);
    for (const run of [first, waiting]) {
        assert.equal((await failureOf(run)).error.code, 'JOB_CANCELLED');
        assert.equal(run.info().state, 'cancelled');
    }
    await manager.defineJob({name: 'later', job: () => {}});
    for (const name of ['job', 'later']) {
        const {by, note} = manager.job(name).paused;
        assert.deepEqual([by, note], ['operator', 'until the move is over'], name);
    }
    await manager.resumeAll();
    assert.equal(manager.job('job').paused, undefined);
});

test('what pauseAll is given is checked', async (t) => {
    const {manager} = createManager(t);
    await assert.rejects(manager.pauseAll({note: 1}), {
        code: 'INVALID_OPTION',
        message: /The option "note" of pauseAll\(\) must be a string, got the number 1/
    });
});
