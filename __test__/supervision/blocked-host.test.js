'use strict';

// What has a deadline keeps it while the host's event loop is blocked. Each test blocks the loop of its own
// process until the effect has been seen from outside: if the effect needed the loop, it would never come.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const {blockUntil, markedEnvironment, stateOf} = require('../support/processes');
const {createManager, runEnd, startUntil} = require('../support/runs');
const {temporaryFolder} = require('../support/temporary-folder');

const SPIN = () => {
    require('node:worker_threads').parentPort.postMessage('ready');
    for (;;);
};
/** Neither 'cancel' nor SIGTERM ends it. */
const IGNORE = () => {
    const {parentPort} = require('node:worker_threads');
    process.on('SIGTERM', () => {});
    parentPort.on('message', () => {});
    parentPort.postMessage('ready');
};

for (const [what, job] of Object.entries({spins: SPIN, 'ignores every request': IGNORE})) {
    test(`a removed job that ${what} is killed`, async (t) => {
        const {manager} = createManager(t);
        const {env, pids} = markedEnvironment();
        await startUntil(manager, {name: 'job', job, gracePeriod: 50, worker: {env}});
        const removed = manager.removeJob('job');
        assert.ok(blockUntil(() => pids().length === 0));
        await removed;
    });
}

test('a time limit is kept', async (t) => {
    const {manager, errors} = createManager(t);
    const {env, pids} = markedEnvironment();
    const job = {name: 'job', job: SPIN, timeout: 300, gracePeriod: 50, worker: {env}};
    const ended = runEnd(manager, 'job');
    await manager.addJob(job);
    assert.ok(blockUntil(() => pids().length > 0));
    assert.ok(blockUntil(() => pids().length === 0));
    assert.equal((await ended).cause, 'timeout');
    assert.equal(errors.length, 1);
});

test('a memory limit is kept', async (t) => {
    const {manager} = createManager(t);
    const {env, pids} = markedEnvironment();
    const job = () => {
        const {parentPort} = require('node:worker_threads');
        parentPort.once('message', () => {
            globalThis.kept = Buffer.alloc(300 * 1024 * 1024, 1);
            setInterval(() => {}, 1000);
        });
        parentPort.postMessage('ready');
    };
    const worker = await startUntil(manager, {name: 'job', job, memoryLimitMb: 150, worker: {env}});
    const ended = runEnd(manager, 'job');
    worker.postMessage('eat');
    assert.ok(blockUntil(() => pids().length === 0));
    assert.equal((await ended).cause, 'memory');
});

test('a shutdown kills at its time limit', async (t) => {
    const {manager} = createManager(t);
    const {env, pids} = markedEnvironment();
    await startUntil(manager, {name: 'job', job: IGNORE, gracePeriod: 3_600_000, worker: {env}});
    const shutdown = manager.shutdown({timeout: 100});
    assert.ok(blockUntil(() => pids().length === 0));
    await assert.rejects(shutdown, {name: 'TimeoutError'});
});

test('a job that falls due starts, also one after another', async (t) => {
    const {manager} = createManager(t);
    const folder = temporaryFolder(t);
    const job = () => {
        const {workerData} = require('node:worker_threads');
        require('node:fs').writeFileSync(workerData.file, '');
    };
    const files = ['once', 'again'].map((name) => path.join(folder, name));
    const at = new Date(Date.now() + 300);
    await manager.addJob({name: 'once', job, at, data: {file: files[0]}});
    await manager.addJob({name: 'again', job, at: 'every 1 second', data: {file: files[1]}});
    for (const file of files) {
        assert.ok(blockUntil(() => fs.existsSync(file)));
    }
    fs.unlinkSync(files[1]);
    assert.ok(blockUntil(() => fs.existsSync(files[1])));
});

test('a time limit is kept while another job floods the host', async (t) => {
    const {manager, errors} = createManager(t);
    const flood = () => {
        const {parentPort} = require('node:worker_threads');
        parentPort.postMessage('ready');
        for (;;) {
            parentPort.postMessage('x'.repeat(200));
        }
    };
    const {pid} = await startUntil(manager, {name: 'flood', job: flood});
    const {env, pids} = markedEnvironment();
    await manager.addJob({name: 'job', job: SPIN, timeout: 300, gracePeriod: 50, worker: {env}});
    // It waits for room for its next message: what may wait for the host does.
    let looksAsleep = 0;
    assert.ok(blockUntil(() => (looksAsleep = stateOf(pid) === 'S' ? looksAsleep + 1 : 0) === 20));
    assert.ok(blockUntil(() => pids().length > 0));
    assert.ok(blockUntil(() => pids().length === 0));
    await runEnd(manager, 'job');
    assert.deepEqual(
        errors.map(({name, error}) => [name, error.code]),
        [['job', 'JOB_TIMEOUT']]
    );
});
