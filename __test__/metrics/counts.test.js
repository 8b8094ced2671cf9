'use strict';

// What moves the counters.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const path = require('node:path');
const {test} = require('node:test');
const {createManager, startUntil} = require('../support/runs');
const {eventually} = require('../support/processes');
const {failureOf, jobs, memoryModel, trying} = require('../runs/support');
const {storeOf} = require('../store/support');
const {read} = require('./support');

const fixture = (name) => path.join(__dirname, '..', 'fixtures', 'compat', name);

test('a run that fails twice and then completes is one run, with two retries', async (t) => {
    const {manager} = createManager(t);
    const {job} = trying(t, ['throw', 'throw', 'done'], {attempts: 3, backoff: 0, at: 'every day'});
    await manager.addJob(job);
    const before = Date.now();
    const run = await manager.runJob('job');
    await run.result;
    const metrics = read(manager);
    const of = (name, labels) => metrics.value(name, {job_name: 'job', ...labels});
    assert.equal(of('runs_total', {outcome: 'completed'}), 1);
    assert.equal(of('runs_total', {outcome: 'failed'}), 0);
    assert.equal(of('retries_total'), 2);
    assert.equal(manager.job('job').totals.retries, 2);
    assert.equal(of('last_run_success'), 1);
    assert.ok(of('last_success_timestamp_seconds') * 1_000 >= before);
    assert.equal(of('last_failure_timestamp_seconds'), undefined);
    assert.ok(of('run_cpu_seconds_total') > 0);
    assert.ok(of('run_peak_memory_bytes') > 1_000_000);
    assert.ok(of('next_due_timestamp_seconds') > Date.now() / 1_000);
    assert.equal(metrics.histogram('run_duration_seconds', {job_name: 'job'}).count, 1);
    // The first attempt of the run, not the others.
    assert.equal(metrics.histogram('start_delay_seconds', {kind: 'offloaded'}).count, 1);
    assert.ok(metrics.histogram('worker_boot_seconds').count >= 3);
});

test('processor time of a run that is given up while it waits is counted once', async (t) => {
    const {manager} = createManager(t);
    const {job} = trying(t, ['throw', 'throw'], {attempts: 2, backoff: 60_000, at: 'every day'});
    await manager.addJob(job);
    const failed = once(manager.events, 'attempt failed');
    const run = await manager.runJob('job');
    await failed;
    const of = (name, labels) => read(manager).value(name, {job_name: 'job', ...labels});
    const cpu = of('run_cpu_seconds_total');
    assert.ok(cpu > 0);
    assert.equal(read(manager).value('retries_waiting'), 1);
    await manager.cancelRun(run.id);
    assert.equal(of('run_cpu_seconds_total'), cpu);
    assert.equal(of('runs_total', {outcome: 'cancelled'}), 1);
    assert.equal(of('retries_total'), 1);
});

test('failed runs are counted by cause, and cancelled ones for themselves', async (t) => {
    const {manager} = createManager(t);
    await manager.addJob({name: 'throws', job: fixture('throws.js'), at: 'every day'});
    await manager.addJob({name: 'exits', job: fixture('exits.js'), at: 'every day', data: {exitCode: 3}});
    await manager.addJob({name: 'waits', job: fixture('waits.js'), at: 'every day'});
    await failureOf(await manager.runJob('throws'));
    await failureOf(await manager.runJob('throws'));
    await failureOf(await manager.runJob('exits'));
    const waits = await manager.runJob('waits');
    await waits.cancel();
    const metrics = read(manager);
    assert.equal(metrics.value('run_failures_total', {job_name: 'throws', cause: 'error'}), 2);
    assert.equal(metrics.value('run_failures_total', {job_name: 'exits', cause: 'exit'}), 1);
    assert.deepEqual(metrics.jobs('run_failures_total'), ['exits', 'throws']);
    assert.equal(metrics.value('runs_total', {job_name: 'waits', outcome: 'cancelled'}), 1);
    assert.equal(metrics.value('last_run_success', {job_name: 'throws'}), 0);
    assert.equal(metrics.value('last_run_success', {job_name: 'waits'}), undefined);
});

test('due times of a paused job are counted as skipped', async (t) => {
    const {manager} = createManager(t);
    const at = 'every second';
    await manager.addJob({name: 'job', job: fixture('simple.js'), at, paused: true});
    await manager.addJob({name: 'other', job: () => {}, at, offloaded: false});
    await once(manager.events, 'run ended');
    await once(manager.events, 'run ended');
    const metrics = read(manager);
    assert.equal(metrics.value('job_paused', {job_name: 'job'}), 1);
    assert.equal(metrics.value('jobs', {kind: 'offloaded', state: 'paused'}), 1);
    assert.equal(metrics.value('next_due_timestamp_seconds', {job_name: 'job'}), undefined);
    const skipped = once(manager.events, 'run skipped');
    await manager.resumeJob('job');
    const [{count}] = await skipped;
    assert.ok(count > 0);
    assert.equal(read(manager).value('skipped_total', {job_name: 'job', reason: 'paused'}), count);
    assert.equal(read(manager).value('job_paused', {job_name: 'job'}), 0);
});

test('functions of the inline queue are counted, with a name or without', async (t) => {
    const {manager} = createManager(t);
    let seen;
    await manager.addJob({offloaded: false, job: () => 1});
    await manager.addJob({
        name: 'named',
        offloaded: false,
        job: async () => {
            seen = read(manager).value('inline_running');
        }
    });
    await manager.addJob({
        offloaded: false,
        job: () => {
            throw new Error('no luck');
        }
    });
    await manager.allSettled().catch(() => {});
    assert.equal(seen, 2);
    const outcome = (name) => read(manager).value('inline_jobs_total', {outcome: name});
    assert.deepEqual([outcome('completed'), outcome('failed'), outcome('cancelled')], [2, 1, 0]);
    void manager.addJob({offloaded: false, job: () => {}});
    await manager.shutdown({waiting: 'drop'});
    assert.deepEqual([outcome('completed'), outcome('failed'), outcome('cancelled')], [2, 1, 1]);
});

test('the delay of an inline function shows that the event loop was blocked', async (t) => {
    const {manager} = createManager(t);
    const ended = once(manager.events, 'run ended');
    await manager.addJob({name: 'job', job: () => {}, at: new Date(Date.now() + 50), offloaded: false});
    const blockedUntil = Date.now() + 400;
    while (Date.now() < blockedUntil) {
        // A job of the host that takes long.
    }
    await ended;
    const {buckets, count, sum} = read(manager).histogram('start_delay_seconds', {kind: 'inline'});
    assert.equal(count, 1);
    assert.ok(sum >= 0.3, `${sum} s`);
    assert.deepEqual([buckets['0.25'], buckets['30']], [0, 1]);
});

test('a run that was asked for with a delay is not late for that', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'handler', job: jobs('echo.js')});
    const first = await manager.runJob('handler');
    await first.result;
    const run = await manager.runJob('handler', {delay: 600});
    await run.result;
    const {sum, count} = read(manager).histogram('start_delay_seconds', {kind: 'offloaded'});
    assert.equal(count, 2);
    // Without the 600 ms; the first one has waited for its process.
    const [{startDelayMs}] = manager.runs({job: 'handler'}).slice(-1);
    assert.ok(sum * 1_000 - startDelayMs < 500, `${sum} s, of these ${startDelayMs} ms by the first`);
});

test('processes that cannot be started are counted by code', async (t) => {
    const {manager} = createManager(t);
    await manager.addJob({
        name: 'job',
        job: fixture('simple.js'),
        execPath: '/nowhere/node',
        at: 'every day'
    });
    await failureOf(await manager.runJob('job'));
    const metrics = read(manager);
    assert.equal(metrics.value('spawn_failures_total', {code: 'SPAWN_PROGRAM_MISSING'}), 1);
    assert.equal(metrics.value('run_failures_total', {job_name: 'job', cause: 'start'}), 1);
    assert.equal(metrics.histogram('worker_boot_seconds').count, 0);
});

test('processes are told apart by what they do', async (t) => {
    const {manager} = createManager(t);
    await startUntil(manager, {name: 'job', job: fixture('ignores-cancel.js')});
    await manager.defineJob({name: 'handler', job: jobs('echo.js')});
    const run = await manager.runJob('handler');
    await run.result;
    const processes = (state) => read(manager).value('worker_processes', {state});
    await eventually('a process without a run', () => processes('kept') === 1);
    assert.equal(processes('running'), 1);
    const removed = manager.removeJob('job');
    assert.deepEqual([processes('running'), processes('stopping')], [0, 1]);
    await manager.shutdown({timeout: 1}).catch(() => {});
    await removed;
    assert.deepEqual([processes('running'), processes('stopping'), processes('kept')], [0, 0, 0]);
});

test('calls of the JobModel that are made again, and rows that are never written, are counted', async (t) => {
    const {JobModel} = memoryModel();
    const {add} = JobModel;
    let failures = 1;
    const {manager} = createManager(t, {
        JobModel: {
            ...JobModel,
            add: async (data) => {
                if (data.name === 'never') {
                    throw new TypeError('the model is wrong');
                }
                if (failures > 0) {
                    failures -= 1;
                    throw new Error('the database is away');
                }
                return add(data);
            }
        }
    });
    const counts = () =>
        ['row_write_retries_total', 'row_write_failures_total'].map((name) => read(manager).value(name));
    assert.deepEqual(counts(), [0, 0]);
    const ended = once(manager.events, 'run ended');
    await manager.addOneOffJob({name: 'once', job: fixture('simple.js')});
    assert.deepEqual(counts(), [1, 0]);
    await ended;
    await assert.rejects(manager.addOneOffJob({name: 'never', job: fixture('simple.js')}));
    assert.deepEqual(counts(), [1, 1]);
});

test('runs that the history gave up are counted', async (t) => {
    const {manager} = createManager(t, {history: {total: 2}});
    for (const name of ['a', 'b', 'c']) {
        await manager.defineJob({name, job: async () => {}});
        const run = await manager.runJob(name);
        await run.result;
    }
    assert.equal(read(manager).value('history_dropped_total'), 1);
});

test('when a job last succeeded is known after a restart, where there is a store', async (t) => {
    const {next} = storeOf(t);
    const define = (manager, name) =>
        manager.defineJob({name, job: async (data) => data && Promise.reject(new Error('no luck'))});
    const first = (await next()).manager;
    for (const name of ['succeeds', 'fails', 'new']) {
        await define(first, name);
    }
    const run = await first.runJob('succeeds');
    await run.result;
    await failureOf(await first.runJob('fails', {data: 1}));
    const endedSeconds = first.job('succeeds').last.ended / 1_000;
    const second = (await next()).manager;
    for (const name of ['succeeds', 'fails', 'new']) {
        await define(second, name);
    }
    const metrics = read(second);
    const of = (name, job) => metrics.value(name, {job_name: job});
    assert.equal(of('last_success_timestamp_seconds', 'succeeds'), endedSeconds);
    assert.equal(of('last_run_timestamp_seconds', 'succeeds'), endedSeconds);
    assert.deepEqual(
        ['succeeds', 'fails', 'new'].map((job) => of('last_run_success', job)),
        [1, 0, undefined]
    );
    assert.equal(metrics.value('runs_total', {job_name: 'succeeds', outcome: 'completed'}), 0);
});

test('output that is not kept is counted in bytes', async (t) => {
    const {manager} = createManager(t);
    await manager.addJob({
        name: 'prints',
        job: () => console.log('x'.repeat(9_999)),
        at: 'every day',
        output: 'capture',
        outputLimit: 1_000
    });
    const run = await manager.runJob('prints');
    await run.result;
    assert.equal(read(manager).value('output_dropped_bytes_total'), manager.stats().outputDroppedBytes);
    assert.ok(read(manager).value('output_dropped_bytes_total') >= 9_000);
});
