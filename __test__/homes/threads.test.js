'use strict';

const assert = require('node:assert/strict');
const {EventEmitter, once} = require('node:events');
const {test} = require('node:test');
const {Worker} = require('node:worker_threads');
const {eventually} = require('../support/processes');
const {jobPath, programPath} = require('./support/programs');

const isAlive = (pid) => {
    try {
        process.kill(pid, 0);
        return true;
    } catch {
        return false;
    }
};

/** Starts a host in a thread of this process, and collects its messages. */
function startThread(t, workerData) {
    const thread = new Worker(programPath('host-thread.js'), {workerData});
    const exited = once(thread, 'exit').then(([code]) => code);
    t.after(() => thread.terminate());
    const heard = new EventEmitter();
    thread.on('message', (said) => {
        for (const key of Object.keys(said)) {
            heard.emit(key, said);
        }
    });
    const hears = async (key) => (await once(heard, key))[0];
    return {thread, exited, hears};
}

test('a host that is itself a Worker runs jobs, and ends when they have ended', async (t) => {
    const {hears, exited} = startThread(t, {jobs: [jobPath('completes'), jobPath('completes')]});
    assert.deepEqual(await hears('exitCode'), {exitCode: 0});
    assert.equal(await exited, 0);
});

test('five threads use the addon at once, and again after all of them have ended', async (t) => {
    for (let round = 0; round < 3; round++) {
        const threads = Array.from({length: 5}, () => startThread(t, {jobs: [jobPath('completes')]}));
        assert.deepEqual(await Promise.all(threads.map(({exited}) => exited)), [0, 0, 0, 0, 0]);
    }
});

for (const job of ['waits', 'spins']) {
    test(`a thread is ended while a job of it ${job}: its processes end, and the host lives`, async (t) => {
        const {thread, hears, exited} = startThread(t, {jobs: [jobPath(job)]});
        const {pid} = await hears('message');
        assert.ok(isAlive(pid));
        await thread.terminate();
        assert.equal(await exited, 1);
        await eventually('the end of the worker process', () => !isAlive(pid));
    });
}

test('a thread is ended while its jobs begin', async (t) => {
    for (let round = 0; round < 10; round++) {
        const {thread, exited} = startThread(t, {jobs: [jobPath('completes'), jobPath('waits')]});
        await once(thread, 'online');
        await thread.terminate();
        await exited;
    }
});

test('threads that are ended do not disturb one that goes on', async (t) => {
    const steady = startThread(t, {jobs: [jobPath('waits')], isShutDown: true});
    const {pid} = await steady.hears('message');
    for (let round = 0; round < 3; round++) {
        const {thread, hears} = startThread(t, {jobs: [jobPath('spins')]});
        await hears('message');
        await thread.terminate();
    }
    assert.ok(isAlive(pid));
    const over = steady.hears('isShutDown');
    steady.thread.postMessage('shut down');
    await over;
    assert.equal(await steady.exited, 0);
    await eventually('the end of the worker process', () => !isAlive(pid));
});

test('process.exit in a thread ends its processes', async (t) => {
    const {thread, hears, exited} = startThread(t, {jobs: [jobPath('spins')], exits: true});
    const {pid} = await hears('message');
    thread.postMessage('exit');
    assert.equal(await exited, 7);
    await eventually('the end of the worker process', () => !isAlive(pid));
});
