'use strict';

// Signals that come from outside the host: from a process manager that ends the whole unit, from an administrator.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const path = require('node:path');
const {constants} = require('node:os');
const {test} = require('node:test');
const {startHost} = require('../support/hosts');
const {NODE_MAJORS, nodeBinary} = require('../support/nodes');
const {eventually} = require('../support/processes');
const {createManager, runEnd, startUntil} = require('../support/runs');

const UNIT_HOST = path.join(__dirname, 'hosts', 'unit-host.js');
/** Far more than a test takes: a step that comes only after this never comes. */
const NEVER_MS = 3_600_000;

const graceful = () => {
    const {parentPort} = require('node:worker_threads');
    parentPort.on('message', (message) => {
        parentPort.postMessage(`got ${message}`);
        parentPort.postMessage('cancelled');
    });
    parentPort.postMessage('ready');
};

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2']) {
    test(`${signal} to a job that listens is 'cancel'`, async (t) => {
        const {manager, messages, errors} = createManager(t);
        const completion = manager.awaitCompletion('signalled').catch((error) => error);
        const {pid} = await startUntil(manager, {name: 'signalled', job: graceful, gracePeriod: NEVER_MS});
        const ended = runEnd(manager, 'signalled');
        process.kill(pid, signal);
        const {cause, signal: number} = await ended;
        assert.deepEqual({cause, number}, {cause: 'cancelled', number: constants.signals[signal]});
        assert.deepEqual(
            messages.map(({message}) => message),
            ['ready', 'got cancel', 'cancelled']
        );
        const error = await completion;
        assert.equal(
            error.message,
            `Worker for job "signalled" was cancelled by ${signal} from outside the host`
        );
        assert.deepEqual([error.code, error.signal], ['JOB_CANCELLED', signal]);
        assert.deepEqual(errors, []);
    });
}

test('a job that a signal has asked to stop, and that goes on, is ended after its grace period', async (t) => {
    const {manager, messages} = createManager(t);
    const job = () => {
        const {parentPort} = require('node:worker_threads');
        parentPort.on('message', (message) => parentPort.postMessage(`got ${message}`));
        parentPort.postMessage('ready');
    };
    const worker = await startUntil(manager, {name: 'goes on', job, gracePeriod: 50});
    const ended = runEnd(manager, 'goes on');
    process.kill(worker.pid, 'SIGTERM');
    assert.equal((await ended).cause, 'cancelled');
    assert.deepEqual(
        messages.map(({message}) => message),
        ['ready', 'got cancel']
    );
});

for (const major of NODE_MAJORS) {
    const node = nodeBinary(major);

    test(`SIGTERM to the whole unit leaves jobs the time to end, on Node.js ${major}`, async (t) => {
        const {ended, told, pids} = startHost(t, UNIT_HOST, {args: ['shuts down'], node});
        await told('ready');
        pids().forEach((pid) => process.kill(pid, 'SIGTERM'));
        await told('got cancel');
        assert.equal((await told('ended')).cause, 'cancelled');
        await told('shut down');
        assert.deepEqual(await ended, [0, null]);
    });

    test(`jobs end with a host that the signal ends, on Node.js ${major}`, async (t) => {
        const {child, told, pids} = startHost(t, UNIT_HOST, {node});
        await told('ready');
        const exited = once(child, 'exit');
        pids().forEach((pid) => process.kill(pid, 'SIGTERM'));
        assert.deepEqual(await exited, [null, 'SIGTERM']);
        await eventually('the end of all its processes', () => pids().length === 0);
    });
}
