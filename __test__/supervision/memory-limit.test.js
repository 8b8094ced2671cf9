'use strict';

// The memory of a run's processes, held against its limit.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {createManager, runEnd, startUntil} = require('../support/runs');

const MB = 1024 * 1024;
const LIMIT_MB = 150;
/** Stops growing at far more than the limit: a limit that is not kept must not take the machine's memory. */
const GROWS = () => {
    const {parentPort} = require('node:worker_threads');
    const kept = [];
    parentPort.on('message', () => {});
    setInterval(() => kept.length < 60 && kept.push(Buffer.alloc(10 << 20, 1)), 20);
    parentPort.postMessage('ready');
};

test('a limit is kept while the host posts messages', async (t) => {
    const {manager, errors} = createManager(t);
    const ended = runEnd(manager, 'job');
    const worker = await startUntil(manager, {name: 'job', job: GROWS, memoryLimitMb: LIMIT_MB});
    const posting = setInterval(() => worker.postMessage('x'), 1);
    const {cause} = await ended;
    clearInterval(posting);
    assert.equal(cause, 'memory');
    const [{error}] = errors;
    assert.equal(error.code, 'JOB_MEMORY_LIMIT');
    assert.ok(error.memoryBytes < 400 * MB, `${error.memoryBytes / MB} MB were used`);
});

test('of many runs with limits those beyond theirs are ended, and no others', async (t) => {
    const {manager, errors} = createManager(t);
    const small = ['first', 'second', 'third'];
    const ready = small.map((name) =>
        startUntil(manager, {
            name,
            memoryLimitMb: LIMIT_MB,
            job: () => {
                const {parentPort} = require('node:worker_threads');
                parentPort.on('message', () => parentPort.postMessage('done'));
                parentPort.postMessage('ready');
            }
        })
    );
    const ended = runEnd(manager, 'large');
    await manager.addJob({name: 'large', job: GROWS, memoryLimitMb: LIMIT_MB});
    const workers = await Promise.all(ready);
    assert.equal((await ended).cause, 'memory');
    const ends = small.map((name) => runEnd(manager, name));
    workers.forEach((worker) => worker.postMessage('end'));
    assert.deepEqual(
        (await Promise.all(ends)).map(({cause}) => cause),
        ['done', 'done', 'done']
    );
    assert.equal(errors.length, 1);
});
