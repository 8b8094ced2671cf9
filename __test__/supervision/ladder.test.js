'use strict';

// How a run is stopped: the message 'cancel', then SIGTERM, then SIGKILL, each to its whole process group.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {eventually, markedEnvironment} = require('../support/processes');
const {createManager, runEnd, startUntil} = require('../support/runs');

/** Far more than a test takes: a step that comes only after this never comes. */
const NEVER_MS = 3_600_000;
const SHORT_MS = 50;

/** Removes a running job. Returns how its run ended, what it posted, and what was logged at warn. */
async function stop(t, job, {gracePeriod}) {
    const {manager, messages, errors, logs} = createManager(t);
    const {env, pids} = markedEnvironment();
    await startUntil(manager, {name: 'stopped', job, gracePeriod, worker: {env}});
    const ended = runEnd(manager, 'stopped');
    await manager.removeJob('stopped');
    const {cause} = await ended;
    await eventually('the end of every process of the run', () => pids().length === 0);
    const warnings = logs.filter(({level}) => level === 'warn').map(({text}) => text);
    return {cause, posts: messages.map(({message}) => message), errors, warnings};
}

test('a job that honours cancel ends by itself', async (t) => {
    const job = () => {
        const {parentPort} = require('node:worker_threads');
        process.on('SIGTERM', () => parentPort.postMessage('got SIGTERM'));
        parentPort.on('message', (message) => {
            parentPort.postMessage(`got ${message}`);
            parentPort.postMessage('cancelled');
        });
        parentPort.postMessage('ready');
    };
    const {cause, posts, errors, warnings} = await stop(t, job, {gracePeriod: NEVER_MS});
    assert.equal(cause, 'cancelled');
    assert.deepEqual(posts, ['ready', 'got cancel', 'cancelled']);
    assert.deepEqual([errors, warnings], [[], []]);
});

test('a job that exits on cancel counts as cancelled', async (t) => {
    const job = () => {
        const {parentPort} = require('node:worker_threads');
        parentPort.on('message', () => process.exit(0));
        parentPort.postMessage('ready');
    };
    const {cause, errors} = await stop(t, job, {gracePeriod: NEVER_MS});
    assert.equal(cause, 'cancelled');
    assert.deepEqual(errors, []);
});

test('a job that ignores cancel gets SIGTERM after the grace period', async (t) => {
    const job = () => {
        const {parentPort} = require('node:worker_threads');
        process.on('SIGTERM', () => {
            parentPort.postMessage('got SIGTERM');
            process.exit(0);
        });
        parentPort.on('message', (message) => parentPort.postMessage(`got ${message}`));
        parentPort.postMessage('ready');
    };
    const {cause, posts, warnings} = await stop(t, job, {gracePeriod: SHORT_MS});
    assert.equal(cause, 'cancelled');
    assert.deepEqual(posts, ['ready', 'got cancel', 'got SIGTERM']);
    assert.equal(warnings.length, 1);
    assert.match(
        warnings[0],
        /^Job "stopped" was cancelled: .* without acknowledging 'cancel'\. To acknowledge it, post 'cancelled'/
    );
});

test('a job that ignores cancel and SIGTERM gets SIGKILL', async (t) => {
    const job = () => {
        const {parentPort} = require('node:worker_threads');
        process.on('SIGTERM', () => parentPort.postMessage('got SIGTERM'));
        parentPort.on('message', (message) => parentPort.postMessage(`got ${message}`));
        parentPort.postMessage('ready');
    };
    const {cause, posts} = await stop(t, job, {gracePeriod: SHORT_MS});
    assert.equal(cause, 'cancelled');
    assert.deepEqual(posts, ['ready', 'got cancel', 'got SIGTERM']);
});

const blocked = {
    spins: () => {
        require('node:worker_threads').parentPort.postMessage('ready');
        for (;;);
    },
    'spins with a handler for SIGTERM': () => {
        process.on('SIGTERM', () => {});
        require('node:worker_threads').parentPort.postMessage('ready');
        for (;;);
    },
    'waits for a program': () => {
        const {execSync} = require('node:child_process');
        require('node:worker_threads').parentPort.postMessage('ready');
        execSync('sleep 1000');
    },
    'sleeps in Atomics.wait': () => {
        require('node:worker_threads').parentPort.postMessage('ready');
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    }
};

for (const [what, job] of Object.entries(blocked)) {
    test(`a job that ${what} is stopped`, async (t) => {
        const {cause, errors} = await stop(t, job, {gracePeriod: SHORT_MS});
        assert.equal(cause, 'cancelled');
        assert.deepEqual(errors, []);
    });
}
