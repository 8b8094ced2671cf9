'use strict';

// A host whose handlers throw: it is logged, and nothing else changes.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {createManager, runEnd, runOnce} = require('../support/runs');

const throwing = {
    throw: (what) => () => {
        throw new Error(`a bug in ${what}`);
    },
    reject: (what) => () => Promise.reject(new Error(`a bug in ${what}`))
};

for (const [how, bugIn] of Object.entries(throwing)) {
    test(`options whose functions ${how}`, async (t) => {
        const host = createManager(t, {
            errorHandler: bugIn('errorHandler'),
            workerMessageHandler: bugIn('workerMessageHandler'),
            domainEvents: {dispatchRaw: bugIn('dispatchRaw')}
        });
        const rejected = assert.rejects(host.manager.awaitCompletion('job'), {message: "the job's own"});
        const job = () => {
            const {parentPort} = require('node:worker_threads');
            parentPort.postMessage({event: {type: 'thing', data: 1}});
            throw new Error("the job's own");
        };
        const {summary} = await runOnce(host, {name: 'job', job});
        assert.equal(summary.cause, 'error');
        await rejected;
        const logged = host.logs.filter(({level}) => level === 'error').map(({text}) => text);
        for (const what of ['errorHandler', 'workerMessageHandler', 'dispatchRaw']) {
            assert.ok(logged.includes(`Error: a bug in ${what}`), `${what}: ${logged}`);
        }
        const next = await runOnce(host, {name: 'next', job: () => {}});
        assert.equal(next.summary.exitCode, 0);
    });
}

test('listeners that throw do not keep other listeners from being called', async (t) => {
    const {manager, errors, logs} = createManager(t);
    const seen = [];
    const buggy = (what) => () => {
        seen.push(what);
        throw new Error(`a bug in ${what}`);
    };
    manager.bree.on('worker created', (name) => {
        const worker = manager.bree.workers.get(name);
        for (const event of ['online', 'message', 'error', 'exit']) {
            worker.on(event, buggy(event));
        }
        seen.push('worker created');
        throw new Error('a bug in worker created');
    });
    manager.bree.on('worker deleted', buggy('worker deleted'));
    const completed = assert.rejects(manager.awaitCompletion('job'), {message: "the job's own"});
    const ended = runEnd(manager, 'job');
    manager.bree.on('run ended', buggy('run ended'));
    const job = () => {
        require('node:worker_threads').parentPort.postMessage('a message');
        throw new Error("the job's own");
    };
    await manager.addJob({name: 'job', job});
    await ended;
    await completed;
    const expected = ['worker created', 'online', 'message', 'error', 'exit', 'worker deleted', 'run ended'];
    assert.deepEqual(seen, expected);
    for (const what of expected) {
        assert.ok(
            logs.some(({text}) => text === `Error: a bug in ${what}`),
            what
        );
    }
    assert.equal(errors.length, 1);
    assert.equal(manager.bree.workers.size, 0);
});
