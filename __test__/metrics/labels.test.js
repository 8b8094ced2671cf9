'use strict';

// Which jobs have a label of their own.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {createManager} = require('../support/runs');
const {read} = require('./support');

const noop = async () => {};

async function define(manager, ...names) {
    for (const name of names) {
        await manager.defineJob({name, job: noop});
    }
}

async function runOf(manager, name) {
    const run = await manager.runJob(name);
    await run.result;
}

const completed = (manager, job) => read(manager).value('runs_total', {job_name: job, outcome: 'completed'});
const warnings = (logs) => logs.filter(({level, text}) => level === 'warn' && text.includes('metrics()'));

test('jobs beyond maxJobs are counted together as _other, and that is warned about once', async (t) => {
    const {manager, logs} = createManager(t, {metrics: {maxJobs: 2}});
    await define(manager, 'a', 'b', 'c', 'd');
    assert.deepEqual(read(manager).jobs('runs_active'), ['a', 'b', '_other']);
    for (const name of ['a', 'c', 'd', 'd']) {
        await runOf(manager, name);
    }
    assert.deepEqual(
        ['a', 'b', '_other'].map((job) => completed(manager, job)),
        [1, 0, 3]
    );
    assert.deepEqual(read(manager).jobs('runs_total'), ['a', 'b', '_other']);
    // What a group of jobs has no sense of.
    for (const name of ['next_due_timestamp_seconds', 'last_run_success', 'job_paused']) {
        assert.ok(!manager.metrics().includes(`${name}{job_name="_other"`), name);
    }
    assert.equal(warnings(logs).length, 1);
    assert.match(warnings(logs)[0].text, /counts job "c".* metrics\.maxJobs = 2/);
});

test('runs of _other that go are those of all jobs without a label', async (t) => {
    const {manager} = createManager(t, {metrics: {maxJobs: 1}});
    let release;
    const gate = new Promise((resolve) => {
        release = resolve;
    });
    const runs = [];
    for (const name of ['a', 'b', 'c']) {
        await manager.defineJob({name, job: () => gate});
        runs.push(await manager.runJob(name));
    }
    const active = (job) => read(manager).value('runs_active', {job_name: job});
    assert.deepEqual([active('a'), active('_other')], [1, 2]);
    release();
    await Promise.all(runs.map((run) => run.result));
    assert.deepEqual([active('a'), active('_other')], [0, 0]);
});

test('a job that is called _other has no label of its own', async (t) => {
    const {manager} = createManager(t);
    await define(manager, '_other', 'a');
    await runOf(manager, '_other');
    await runOf(manager, 'a');
    const series = manager.metrics().split('\n');
    assert.equal(
        series.filter((line) => line.startsWith('job_manager_retries_total{job_name="_other"}')).length,
        1
    );
    assert.equal(completed(manager, '_other'), 1);
});

test('a counter goes on when a job is removed and registered again', async (t) => {
    const {manager} = createManager(t);
    await define(manager, 'a');
    await runOf(manager, 'a');
    await manager.removeJob('a');
    assert.equal(completed(manager, 'a'), 1);
    assert.equal(read(manager).value('job_paused', {job_name: 'a'}), undefined);
    await define(manager, 'a');
    await runOf(manager, 'a');
    assert.equal(completed(manager, 'a'), 2);
    assert.equal(manager.job('a').totals.completed, 1);
});

test('a removed job gives its label to a registered one that has none', async (t) => {
    const {manager, logs} = createManager(t, {metrics: {maxJobs: 2}});
    await define(manager, 'old', 'stays');
    await runOf(manager, 'old');
    await manager.removeJob('old');
    assert.deepEqual(read(manager).jobs('runs_total'), ['old', 'stays']);
    await define(manager, 'new');
    assert.deepEqual(read(manager).jobs('runs_total'), ['new', 'stays']);
    assert.equal(warnings(logs).length, 0);
});
