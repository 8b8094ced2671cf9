'use strict';

// Many jobs at once, and processes booted ahead of jobs.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const path = require('node:path');
const {test} = require('node:test');
const {childrenOf} = require('../support/hosts');
const {createManager} = require('../support/runs');

const jobFile = (name) => path.join(__dirname, 'jobs', `${name}.js`);

test('500 jobs due at once start in order, few at a time, and all run', async (t) => {
    const {manager, errors} = createManager(t, {errorHandler: undefined});
    const names = Array.from({length: 500}, (_, index) => `job ${index}`);
    const started = [];
    const exitCodes = [];
    let mostProcesses = 0;
    manager.bree.on('worker created', (name) => {
        started.push(name);
        mostProcesses = Math.max(mostProcesses, childrenOf(process.pid).length);
    });
    const allEnded = new Promise((resolve) => {
        manager.bree.on('run ended', ({exitCode}) => exitCodes.push(exitCode) === names.length && resolve());
    });
    const at = new Date(Date.now() + 3000);
    await Promise.all(names.map((name) => manager.addJob({name, job: jobFile('ends'), at})));
    assert.deepEqual(started, [], 'all are registered before they are due');
    await allEnded;
    assert.deepEqual(started, names);
    assert.ok(
        exitCodes.every((exitCode) => exitCode === 0),
        'all completed'
    );
    assert.deepEqual(errors, []);
    // At most four boot at a time; the others have begun to run, or to end.
    assert.ok(mostProcesses < 50, `${mostProcesses} processes at once`);
});

test('no more than maxWorkers run at once', async (t) => {
    const {manager} = createManager(t, {maxWorkers: 3});
    const names = Array.from({length: 9}, (_, index) => `job ${index}`);
    const running = new Set();
    const counts = [];
    manager.bree.on('worker created', (name) => {
        running.add(name);
        counts.push(running.size);
        const worker = manager.bree.workers.get(name);
        // Nobody ends before three run, or before the last has begun: fewer than three may be left for it.
        worker.on('online', () => {
            if (running.size === 3 || counts.length === names.length) {
                running.forEach((each) => manager.bree.workers.get(each).postMessage('end'));
            }
        });
    });
    manager.bree.on('worker deleted', (name) => running.delete(name));
    let ended = 0;
    const allEnded = new Promise((resolve) => {
        manager.bree.on('run ended', () => (ended += 1) === names.length && resolve());
    });
    for (const name of names) {
        await manager.addJob({name, job: jobFile('ends-on-message')});
    }
    await allEnded;
    assert.equal(Math.max(...counts), 3);
});

test('a job that waits for a place is not in the way of the queue when it is removed', async (t) => {
    const {manager} = createManager(t, {maxWorkers: 1});
    const order = [];
    manager.bree.on('worker created', (name) => order.push(name));
    const ended = new Promise((resolve) => {
        manager.bree.on('run ended', ({name}) => name === 'last' && resolve());
    });
    for (const name of ['first', 'second', 'last']) {
        await manager.addJob({name, job: jobFile('ends')});
    }
    await manager.removeJob('second');
    await ended;
    assert.deepEqual(order, ['first', 'last']);
});

test('runs that wait keep what was posted to them', async (t) => {
    const {manager, messages} = createManager(t, {maxWorkers: 1});
    const name = 'job';
    manager.bree.once('worker created', () => {
        const worker = manager.bree.workers.get(name);
        ['one', 'two'].forEach((text) => worker.postMessage(text));
    });
    const ended = once(manager.bree, 'run ended');
    await manager.addJob({
        name,
        job: () => {
            const {parentPort} = require('node:worker_threads');
            parentPort.on('message', (text) => {
                parentPort.postMessage(`got ${text}`);
                if (text === 'two') {
                    parentPort.postMessage('done');
                }
            });
        }
    });
    await ended;
    assert.deepEqual(
        messages.map(({message}) => message),
        ['got one', 'got two', 'done']
    );
});
