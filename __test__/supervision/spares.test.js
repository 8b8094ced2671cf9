'use strict';

// Processes booted ahead of the jobs that need them.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {eventually, markedEnvironment} = require('../support/processes');
const {createManager, runEnd} = require('../support/runs');

const HOUR_MS = 3_600_000;
/** Times of a process come from a clock with ticks of up to 10 ms. */
const TICK_MS = 10;

/** Posts when its process was started. */
const TELLS_ITS_START = () => {
    const startedMs = Date.now() - process.uptime() * 1000;
    require('node:worker_threads').parentPort.postMessage({startedMs, pid: process.pid});
};

/** Marks the host's own environment, which spares have as well. */
function markHost(t) {
    const {env, pids} = markedEnvironment();
    Object.assign(process.env, env);
    t.after(() => Object.keys(env).forEach((name) => delete process.env[name]));
    return pids;
}

async function runAt(t, options) {
    const {manager, messages} = createManager(t, options);
    const dueMs = Date.now() + 1500;
    const ended = runEnd(manager, 'job');
    await manager.addJob({name: 'job', job: TELLS_ITS_START, at: new Date(dueMs)});
    await ended;
    return messages[0].message.startedMs - dueMs;
}

test("with 'auto' the process of a job is started before the job is due", async (t) => {
    assert.ok((await runAt(t, {})) < -TICK_MS);
});

test('with 0 it is started when the job is due', async (t) => {
    assert.ok((await runAt(t, {warmWorkers: 0})) >= -TICK_MS);
});

test("with 'auto' each run has a process of its own, and none is left when nothing is due", async (t) => {
    const pids = markHost(t);
    const {manager, messages} = createManager(t);
    const threeRuns = new Promise((resolve) => {
        let runs = 0;
        manager.bree.on('run ended', () => (runs += 1) === 3 && resolve());
    });
    await manager.addJob({name: 'job', job: TELLS_ITS_START, at: 'every 1 second'});
    await manager.addJob({name: 'later', job: TELLS_ITS_START, at: new Date(Date.now() + HOUR_MS)});
    await threeRuns;
    await manager.removeJob('job');
    const used = messages.map(({message}) => message.pid);
    assert.equal(new Set(used).size, used.length, `${used}`);
    // The one that was ready for the next run is let go after its time.
    await eventually('the end of every process', () => pids().length === 0);
});

test('with 2 two are ready at any time, and one that was used is replaced', async (t) => {
    const pids = markHost(t);
    const {manager, messages} = createManager(t, {warmWorkers: 2});
    await manager.addJob({name: 'job', job: TELLS_ITS_START, at: new Date(Date.now() + HOUR_MS)});
    const ready = await eventually('two spares', () => pids().length === 2 && pids());
    const ended = runEnd(manager, 'job');
    await manager.bree.run('job');
    await ended;
    const used = messages[0].message.pid;
    assert.ok(ready.includes(used), 'the run took one that was ready');
    const after = await eventually(
        'two spares again',
        () => !pids().includes(used) && pids().length === 2 && pids()
    );
    assert.ok(
        after.some((pid) => ready.includes(pid)),
        'the other one still waits'
    );
    await manager.removeJob('job');
    await eventually('the end of every process', () => pids().length === 0);
});

test('spares that were booted with another value of what node reads at start leave', async (t) => {
    const pids = markHost(t);
    t.after(() => delete process.env.NODE_TEST_CHANGES);
    const {manager} = createManager(t, {warmWorkers: 1});
    await manager.addJob({name: 'later', job: TELLS_ITS_START, at: new Date(Date.now() + HOUR_MS)});
    for (const value of ['1', '2', '3', '4']) {
        await eventually('a spare', () => pids().length === 1);
        process.env.NODE_TEST_CHANGES = value;
        const ended = runEnd(manager, value);
        await manager.addJob({name: value, job: TELLS_ITS_START});
        await ended;
    }
    await eventually('one spare, and no other', () => pids().length === 1);
});

test('a spare that is killed while it waits costs no run', async (t) => {
    const pids = markHost(t);
    const {manager, errors} = createManager(t, {warmWorkers: 1});
    await manager.addJob({name: 'job', job: TELLS_ITS_START, at: new Date(Date.now() + HOUR_MS)});
    const [spare] = await eventually('a spare', () => pids().length === 1 && pids());
    process.kill(spare, 'SIGKILL');
    const ended = runEnd(manager, 'job');
    await manager.bree.run('job');
    assert.equal((await ended).exitCode, 0);
    assert.deepEqual(errors, []);
});

test('a spare that is stopped while it waits costs one run its start, and no more', async (t) => {
    const pids = markHost(t);
    const {manager, errors, messages} = createManager(t, {warmWorkers: 1, startTimeout: 3000});
    await manager.addJob({name: 'job', job: TELLS_ITS_START, at: new Date(Date.now() + HOUR_MS)});
    const [spare] = await eventually('a spare', () => pids().length === 1 && pids());
    process.kill(spare, 'SIGSTOP');
    const ended = runEnd(manager, 'job');
    await manager.bree.run('job');
    assert.equal((await ended).exitCode, 0);
    assert.notEqual(messages[0].message.pid, spare);
    assert.deepEqual(errors, []);
});
