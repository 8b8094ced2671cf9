'use strict';

// The text of `metrics()`: what is in it, and that a parser reads it.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {createManager} = require('../support/runs');
const {read} = require('./support');

/** docs/metrics.md has the same table. */
const TYPES = {
    info: 'gauge',
    jobs: 'gauge',
    runs_total: 'counter',
    run_failures_total: 'counter',
    retries_total: 'counter',
    skipped_total: 'counter',
    run_duration_seconds: 'histogram',
    start_delay_seconds: 'histogram',
    run_cpu_seconds_total: 'counter',
    run_peak_memory_bytes: 'gauge',
    runs_active: 'gauge',
    runs_waiting: 'gauge',
    retries_waiting: 'gauge',
    last_run_timestamp_seconds: 'gauge',
    last_success_timestamp_seconds: 'gauge',
    last_failure_timestamp_seconds: 'gauge',
    next_due_timestamp_seconds: 'gauge',
    last_run_success: 'gauge',
    job_paused: 'gauge',
    inline_queue_length: 'gauge',
    inline_running: 'gauge',
    inline_jobs_total: 'counter',
    worker_processes: 'gauge',
    worker_boot_seconds: 'histogram',
    spawn_failures_total: 'counter',
    row_write_retries_total: 'counter',
    row_write_failures_total: 'counter',
    history_dropped_total: 'counter',
    output_dropped_bytes_total: 'counter',
    checkin_failures_total: 'counter'
};

const noop = async () => {};

test('every family is there with its type, also before anything has run', (t) => {
    const {manager} = createManager(t);
    const metrics = read(manager);
    assert.deepEqual(metrics.types, TYPES);
    assert.equal(metrics.value('info', {version: manager.stats().version, node: process.version}), 1);
    assert.equal(metrics.value('inline_jobs_total', {outcome: 'completed'}), 0);
});

test('a name with quotes, backslashes, line ends and other scripts is read back as it was', async (t) => {
    const names = ['say "hi"', 'C:\\jobs\\n', 'two\nlines', '夜間バックアップ 🌙', "it's {a=b}, or #c"];
    const {manager} = createManager(t);
    for (const name of names) {
        await manager.defineJob({name, job: noop});
    }
    assert.deepEqual(read(manager).jobs('job_paused').toSorted(), names.toSorted());
    for (const name of names) {
        const run = await manager.runJob(name);
        await run.result;
        assert.equal(read(manager).value('runs_total', {job_name: name, outcome: 'completed'}), 1);
    }
    assert.equal(
        manager
            .metrics()
            .split('\n')
            .filter((line) => line === 'lines').length,
        0
    );
});

test('jobs are in the order of their names, and a text follows the same order as the one before', async (t) => {
    const {manager} = createManager(t);
    for (const name of ['b', 'a', 'c']) {
        await manager.defineJob({name, job: noop});
    }
    const first = manager.metrics();
    const run = await manager.runJob('c');
    await run.result;
    assert.deepEqual(read(manager).jobs('job_paused'), ['a', 'b', 'c']);
    const series = (text) => text.split('\n').map((line) => line.split(' ').slice(0, -1).join(' '));
    const later = series(manager.metrics());
    assert.deepEqual(
        series(first).filter((line) => !later.includes(line)),
        []
    );
});

test('OpenMetrics declares counters without _total, names units, gives buckets a fraction, and ends with EOF', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'job', job: noop});
    const run = await manager.runJob('job');
    await run.result;
    const lines = manager.metrics({format: 'openmetrics'}).split('\n');
    assert.deepEqual(lines.slice(-2), ['# EOF', '']);
    for (const line of [
        '# TYPE job_manager_runs counter',
        'job_manager_runs_total{job_name="job",outcome="completed"} 1',
        '# TYPE job_manager_run_cpu_seconds counter',
        '# UNIT job_manager_run_cpu_seconds seconds',
        '# UNIT job_manager_run_peak_memory_bytes bytes',
        'job_manager_run_duration_seconds_bucket{job_name="job",le="5.0"} 1',
        'job_manager_run_duration_seconds_bucket{job_name="job",le="0.05"} 1',
        'job_manager_run_duration_seconds_bucket{job_name="job",le="+Inf"} 1'
    ]) {
        assert.ok(lines.includes(line), line);
    }
    // No sample stands apart from the lines that declare it.
    const familyOf = (line) => line.match(/^(?:# \w+ )?(\w+?)(?:_total|_bucket|_sum|_count)?[ {]/)[1];
    const families = lines.slice(0, -2).map(familyOf);
    const changes = families.filter((family, place) => family !== families[place - 1]);
    assert.equal(changes.length, new Set(changes).size);
    assert.ok(!manager.metrics().includes('# UNIT') && !manager.metrics().includes('# EOF'));
});

test('two managers of a process are told apart by their prefixes, and count for themselves', async (t) => {
    const one = createManager(t, {metrics: {prefix: 'mail_'}}).manager;
    const other = createManager(t).manager;
    for (const manager of [one, other]) {
        await manager.defineJob({name: 'job', job: noop});
    }
    const run = await one.runJob('job');
    await run.result;
    assert.equal(read(one, 'mail_').value('runs_total', {job_name: 'job', outcome: 'completed'}), 1);
    assert.equal(read(other).value('runs_total', {job_name: 'job', outcome: 'completed'}), 0);
    assert.deepEqual(read(one, 'mail_').types, TYPES);
    assert.ok(!one.metrics().includes('job_manager_'));
});

test('a prefix that no name may begin with, and an unknown format, are refused', (t) => {
    const refused = (call) => assert.throws(call, {code: 'INVALID_OPTION'});
    for (const prefix of ['', '1_', 'job manager_', 'jobs-', 5]) {
        refused(() => createManager(t, {metrics: {prefix}}));
    }
    refused(() => createManager(t, {metrics: {maxJobs: 0}}));
    const {manager} = createManager(t);
    assert.throws(() => manager.metrics({format: 'json'}), {
        code: 'INVALID_OPTION',
        message: /"format" of metrics\(\) must be 'prometheus' or 'openmetrics', got the string "json"/
    });
});

test('metrics can be had after the shutdown', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'job', job: noop});
    const run = await manager.runJob('job');
    await run.result;
    await manager.shutdown();
    assert.equal(read(manager).value('runs_total', {job_name: 'job', outcome: 'completed'}), 1);
});
