'use strict';

// What a host does to its jobs and runs from outside: pause, resume, cancel and try again by name and id.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const {test} = require('node:test');
const {eventually} = require('../support/processes');
const {createManager} = require('../support/runs');
const {failureOf, jobs, memoryModel, resultOf, trying} = require('./support');

test('a paused job gets no run of its schedule, can be run by hand, and goes on when it is resumed', async (t) => {
    const {manager, logs} = createManager(t);
    let runs = 0;
    await manager.defineJob({name: 'ticks', at: '* * * * * *', job: async () => (runs += 1), paused: true});
    assert.deepEqual([manager.job('ticks').state, manager.job('ticks').paused.by], ['paused', 'host']);
    await resultOf(manager, 'ticks');
    await manager.pauseJob('ticks', {note: 'once more', by: 'operator'});
    assert.equal(manager.job('ticks').paused.note, 'once more');
    await eventually('a due time that passed', () => manager.job('ticks').totals.skipped.paused > 0);
    assert.equal(runs, 1);
    const ended = once(manager.events, 'run ended');
    await manager.resumeJob('ticks', {catchUp: true});
    const [{run}] = await ended;
    assert.equal(run.trigger, 'missed');
    assert.equal(manager.job('ticks').paused, undefined);
    await manager.resumeJob('ticks');
    assert.ok(logs.some(({text}) => text === 'Job "ticks" goes on'));
});

test('pauseAfterFailures pauses a job after that many consecutive failures, and logs it', async (t) => {
    const {manager, logs} = createManager(t);
    await manager.defineJob({
        name: 'fails',
        pauseAfterFailures: 2,
        at: 'every day',
        job: async (data) => {
            if (data !== 'fine') {
                throw new Error('again');
            }
        }
    });
    await failureOf(await manager.runJob('fails'));
    await resultOf(manager, 'fails', {data: 'fine'});
    await failureOf(await manager.runJob('fails'));
    assert.equal(manager.job('fails').state, 'armed');
    const paused = once(manager.events, 'job paused');
    await failureOf(await manager.runJob('fails'));
    const [{job, by}] = await paused;
    assert.deepEqual([job.state, by, job.failuresInARow], ['paused', 'failures', 2]);
    assert.ok(
        logs.some(({text}) => text.startsWith('Job "fails" has been paused: 2 runs in a row have failed'))
    );
    await manager.resumeJob('fails');
    assert.equal(manager.job('fails').failuresInARow, 0);
});

test('pauseAll pauses jobs that are added later, too, and resumeAll leaves those that were paused one by one', async (t) => {
    const {manager} = createManager(t);
    const define = (name, options) =>
        manager.defineJob({name, at: 'every day', job: async () => {}, ...options});
    await define('first');
    await define('own', {paused: true});
    await manager.pauseAll({by: 'operator'});
    await define('later');
    assert.deepEqual(
        manager.jobs({state: 'paused'}).map(({name}) => name),
        ['first', 'later', 'own']
    );
    assert.equal(manager.stats().paused, 3);
    await manager.resumeAll();
    assert.deepEqual(
        manager.jobs({state: 'paused'}).map(({name}) => name),
        ['own']
    );
});

test('cancelRunning cancels the runs of the job that is paused', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({
        name: 'heeds',
        job: (data, {signal}) =>
            new Promise((resolve, reject) => {
                signal.addEventListener('abort', () => reject(signal.reason));
            })
    });
    const run = await manager.runJob('heeds');
    await eventually('the run', () => run.info().state === 'running');
    await manager.pauseJob('heeds', {cancelRunning: true});
    assert.equal(run.info().state, 'cancelled');
});

test('what does not exist is refused with its code', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'job', job: async () => 'done'});
    await manager.addJob({
        name: 'still',
        offloaded: false,
        at: 'every day',
        job: () => new Promise(() => {})
    });
    const run = await manager.runJob('job');
    await run.result;
    const still = await manager.runJob('still');
    await eventually('the run', () => still.info().state === 'running');
    const refusals = [
        [() => manager.pauseJob('no-such-job'), 'JOB_UNKNOWN'],
        [() => manager.resumeJob('no-such-job'), 'JOB_UNKNOWN'],
        [() => manager.cancelRun('no-such-run'), 'RUN_UNKNOWN'],
        [() => manager.cancelRun(5), 'INVALID_OPTION'],
        [() => manager.cancelRun(run.id), 'RUN_ENDED'],
        [() => manager.cancelRun(still.id), 'RUN_NOT_STOPPABLE'],
        [() => manager.cancelRun(still.id, {reason: 5}), 'INVALID_OPTION'],
        [() => manager.retryRun('no-such-run'), 'RUN_UNKNOWN'],
        [() => manager.retryRun(run.id), 'RUN_NOT_FAILED'],
        [() => manager.pauseJob('job', {cancelRunning: 1}), 'INVALID_OPTION'],
        [() => manager.resumeJob('job', {catchUp: 'yes'}), 'INVALID_OPTION']
    ];
    for (const [call, code] of refusals) {
        await assert.rejects(call, {code, name: 'IncorrectUsageError'});
    }
});

test('cancelRun cancels a run that no runJob requested, with a reason', async (t) => {
    const {manager, errors} = createManager(t);
    const {job} = trying(t, ['hang'], {name: 'script', gracePeriod: 0});
    const online = once(manager.events, 'run online');
    await manager.addJob(job);
    const [{run}] = await online;
    const info = await manager.cancelRun(run.id, {reason: 'no longer needed'});
    assert.deepEqual([info.state, info.id], ['cancelled', run.id]);
    assert.match(info.error.message, /no longer needed/);
    assert.deepEqual(errors, []);
});

test('a run whose retry waits ends as cancelled, and the errorHandler gets its last error', async (t) => {
    const {manager, errors} = createManager(t);
    await manager.defineJob({
        name: 'fails',
        attempts: 2,
        backoff: 60_000,
        job: async () => {
            throw new Error('no luck');
        }
    });
    const failed = once(manager.events, 'attempt failed');
    const run = await manager.runJob('fails');
    const [{retryAt, run: seen}] = await failed;
    assert.deepEqual([seen.state, seen.history.length], ['retrying', 1]);
    // Shown from the engine's own clock, to the millisecond.
    assert.ok(Math.abs(run.info().retryAt - retryAt) <= 5);
    const info = await manager.cancelRun(run.id);
    assert.deepEqual([info.state, info.gaveUp], ['cancelled', 'cancelled']);
    assert.deepEqual(
        errors.map(({error}) => error.message),
        ['no luck']
    );
});

test('a run that failed is run again with its data, as a run of its own', async (t) => {
    const {manager} = createManager(t);
    const triggers = [];
    const healed = new Set();
    await manager.defineJob({
        name: 'heals',
        job: async (data, run) => {
            triggers.push(run.trigger);
            if (!healed.has(data.key)) {
                healed.add(data.key);
                throw new Error('not yet');
            }
            return data.key;
        }
    });
    const first = await manager.runJob('heals', {data: {key: 7}, id: 'mine'});
    await failureOf(first);
    const second = await manager.retryRun('mine');
    assert.notEqual(second.id, first.id);
    assert.equal(await second.result, 7);
    const {trigger, retryOf, state} = second.info();
    assert.deepEqual([trigger, retryOf, state], ['retry', 'mine', 'completed']);
    assert.deepEqual(triggers, ['manual', 'retry']);
    const large = await manager.runJob('heals', {data: {key: 'x'.repeat(100_000)}});
    await failureOf(large);
    await assert.rejects(manager.retryRun(large.id), {code: 'RUN_DATA_GONE'});
});

test('an offloaded run that failed is run again with its data', async (t) => {
    const {manager} = createManager(t);
    const {job} = trying(t, ['throw', 'done'], {name: 'script', at: 'every day'});
    const {data} = job;
    await manager.addJob(job);
    const first = await manager.runJob('script', {data});
    await failureOf(first);
    const second = await manager.retryRun(first.id);
    await second.result;
    assert.equal(second.info().trigger, 'retry');
});

test('a one-off job that failed is run again through its row', async (t) => {
    const {JobModel, written} = memoryModel();
    const {manager} = createManager(t, {JobModel});
    const {job} = trying(t, ['throw', 'done'], {name: 'once'});
    const ended = once(manager.events, 'run ended');
    await manager.addOneOffJob(job);
    const [{run}] = await ended;
    assert.equal(run.state, 'failed');
    await manager.awaitOneOffCompletion('once');
    const again = await manager.retryRun(run.id);
    assert.equal((await manager.awaitOneOffCompletion('once')).status, 'finished');
    assert.notEqual(again.id, run.id);
    assert.equal(written.at(-1), 'finished');
});

test('an inline job with context is called with its run, answers, and is cancelled by its signal', async (t) => {
    const {manager, logs} = createManager(t);
    const calls = [];
    const completion = manager.awaitCompletion('now');
    await manager.addJob({
        name: 'now',
        offloaded: false,
        context: true,
        data: 5,
        job: (data, run) => {
            calls.push([data, run.name, run.attempt, run.trigger]);
            return data * 2;
        }
    });
    assert.equal(await completion, 10);
    assert.deepEqual(calls, [[5, 'now', 1, 'now']]);
    await eventually('the end of the run', () => manager.runs({job: 'now', state: 'completed'}).length === 1);
    assert.equal(manager.runs({job: 'now'})[0].result, 10);
    await manager.addJob({
        name: 'later',
        offloaded: false,
        context: true,
        at: 'every day',
        job: (data, {signal}) =>
            new Promise((resolve, reject) => {
                signal.addEventListener('abort', () => reject(signal.reason));
            })
    });
    const run = await manager.runJob('later');
    await eventually('the run', () => run.info().state === 'running');
    const info = await manager.cancelRun(run.id, {reason: 'enough'});
    assert.equal(info.state, 'cancelled');
    assert.deepEqual(
        logs.filter(({level}) => level === 'error'),
        []
    );
});

test('without context the function of an inline job is called with its data alone', async (t) => {
    const {manager} = createManager(t);
    let given;
    await manager.addJob({name: 'plain', offloaded: false, data: 1, job: (...args) => void (given = args)});
    await manager.allSettled();
    assert.deepEqual(given, [1]);
});

test('options of the manager for all jobs are those of each job that says nothing else', async (t) => {
    const {manager} = createManager(t, {
        job: {attempts: 2, backoff: 0, memoryLimitMb: 300, timeout: 10_000, stallAfter: 60_000}
    });
    let calls = 0;
    const fail = async () => {
        calls += 1;
        throw new Error('no luck');
    };
    await manager.defineJob({name: 'two', job: fail});
    await manager.defineJob({name: 'one', job: fail, attempts: 1});
    await failureOf(await manager.runJob('two'));
    await failureOf(await manager.runJob('one'));
    assert.equal(calls, 3);
    assert.deepEqual(manager.job('two').options, {attempts: 2, backoff: 0, timeout: 10_000});
    await manager.defineJob({name: 'offloaded', job: jobs('echo.js')});
    assert.deepEqual(manager.job('offloaded').options, {
        attempts: 2,
        backoff: 0,
        timeout: 10_000,
        stallAfter: 60_000,
        memoryLimitMb: 300
    });
    // A function in the queue has no run that could be tried again.
    await manager.addJob({offloaded: false, job: () => (calls += 1)});
    await manager.allSettled();
    assert.equal(calls, 4);
    const {manager: other} = createManager(t);
    assert.throws(() => new other.constructor({job: {attempts: 0}}), {
        code: 'INVALID_OPTION',
        message: /"attempts" in "job" of the manager/
    });
});

test('a named inline job that fails in the queue is kept as a run', async (t) => {
    const {manager} = createManager(t);
    await manager.addJob({
        name: 'fails',
        offloaded: false,
        job: () => {
            throw new TypeError('no luck');
        }
    });
    await manager.addJob({name: 'fine', offloaded: false, job: () => {}});
    await manager.allSettled().catch(() => {});
    const [run, ...others] = manager.runs();
    assert.deepEqual([run.job, run.state, run.error.name, others], ['fails', 'failed', 'TypeError', []]);
});
