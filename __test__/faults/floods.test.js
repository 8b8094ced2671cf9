'use strict';

// More messages than the other side can take at once.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {blockUntil, markedEnvironment} = require('../support/processes');
const {createManager, runEnd, runOnce, startUntil} = require('../support/runs');

const MB = 1024 * 1024;
const BURST = 100_000;

/** Blocks the host's event loop, as a slow handler does. */
function block(ms) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function memoryBesideHeap() {
    const {rss, heapTotal} = process.memoryUsage();
    return rss - heapTotal;
}

test('100,000 messages for a slow handler all arrive, in order, and the memory of both sides is bounded', async (t) => {
    const {manager, errors} = createManager(t, {workerMessageHandler: undefined});
    const before = memoryBesideHeap();
    let received = 0;
    let peak = 0;
    let largestHeap = 0;
    let jobGrowth;
    manager.bree.on('worker created', (name) => {
        manager.bree.workers.get(name).on('message', (message) => {
            if (message.growth) {
                jobGrowth = message.growth;
                return;
            }
            assert.equal(message.index, received);
            received += 1;
            if (received % 1000 === 0) {
                block(10);
                peak = Math.max(peak, memoryBesideHeap());
                largestHeap = Math.max(largestHeap, process.memoryUsage().heapTotal);
            }
        });
    });
    const ended = runEnd(manager, 'job');
    await manager.addJob({
        name: 'job',
        data: {count: BURST},
        job: () => {
            const {parentPort, workerData} = require('node:worker_threads');
            const start = process.memoryUsage.rss();
            const padding = 'x'.repeat(4000);
            for (let index = 0; index < workerData.count; index += 1) {
                parentPort.postMessage({index, padding});
            }
            parentPort.postMessage({growth: process.memoryUsage.rss() - start});
        }
    });
    assert.equal((await ended).exitCode, 0);
    assert.deepEqual(errors, []);
    assert.equal(received, BURST);
    // 400 MB went through. What waits is at most 16 MiB and a batch. The heap holds the garbage of what was
    // delivered: as much as V8 lets a young generation have, 192 MB since Node 24.
    assert.ok(peak - before < 120 * MB, `the host grew by ${(peak - before) / MB} MB`);
    assert.ok(largestHeap < 256 * MB, `the heap grew to ${largestHeap / MB} MB`);
    assert.ok(jobGrowth < 250 * MB, `the job grew by ${jobGrowth / MB} MB`);
});

test('a burst is delivered whole before an exit and before a throw', async (t) => {
    const host = createManager(t);
    for (const [name, end, code] of [
        ['exits', 'process.exit(3)', 'JOB_EXIT_CODE'],
        ['throws', "throw Object.assign(new Error(), {code: 'THROWN'})", 'THROWN'],
        ['is killed', "process.kill(process.pid, 'SIGKILL')", 'JOB_SIGNAL']
    ]) {
        const post =
            "for (let i = 0; i < 5000; i += 1) require('node:worker_threads').parentPort.postMessage(i);";
        const {error, messages} = await runOnce(host, {name, job: new Function(post + end)});
        assert.equal(error.code, code);
        assert.deepEqual(
            messages,
            Array.from({length: 5000}, (_, index) => index)
        );
    }
});

test('several jobs that flood at once each keep their order', async (t) => {
    const {manager, messages} = createManager(t);
    const names = ['first', 'second', 'third'];
    const ends = names.map((name) => runEnd(manager, name));
    for (const name of names) {
        await manager.addJob({
            name,
            job: () => {
                const {parentPort} = require('node:worker_threads');
                for (let index = 0; index < 10_000; index += 1) {
                    parentPort.postMessage(index);
                }
            }
        });
    }
    await Promise.all(ends);
    for (const name of names) {
        const own = messages.filter((message) => message.name === name).map(({message}) => message);
        assert.equal(own.length, 10_000);
        assert.ok(
            own.every((message, index) => message === index),
            name
        );
    }
});

test('100,000 messages for a slow job all arrive, in order', async (t) => {
    const {manager, messages} = createManager(t);
    const worker = await startUntil(manager, {
        name: 'job',
        data: {count: BURST},
        job: () => {
            const {parentPort, workerData} = require('node:worker_threads');
            let received = 0;
            parentPort.on('message', (index) => {
                if (index !== received) {
                    throw new Error(`got ${index} instead of ${received}`);
                }
                received += 1;
                if (received % 10_000 === 0) {
                    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
                }
                if (received === workerData.count) {
                    parentPort.postMessage('done');
                }
            });
            parentPort.postMessage('ready');
        }
    });
    const ended = runEnd(manager, 'job');
    for (let index = 0; index < BURST; index += 1) {
        worker.postMessage(index);
    }
    assert.equal((await ended).cause, 'done');
    assert.deepEqual(
        messages.map(({message}) => message),
        ['ready', 'done']
    );
});

test('a flooding job can be stopped while its host takes nothing', async (t) => {
    const {manager} = createManager(t);
    const job = () => {
        const {parentPort} = require('node:worker_threads');
        parentPort.postMessage('ready');
        for (;;) {
            parentPort.postMessage('x'.repeat(100_000));
        }
    };
    await startUntil(manager, {name: 'job', job, gracePeriod: 50});
    const ended = runEnd(manager, 'job');
    const removed = manager.removeJob('job');
    block(500);
    await removed;
    assert.equal((await ended).cause, 'cancelled');
});

test('a flood of one job delays the messages of another by no more than a batch', async (t) => {
    const handled = [];
    let between;
    const {manager} = createManager(t, {
        workerMessageHandler: ({name, message}) => {
            if (name === 'flood') {
                block(1);
                handled.push(Date.now());
            } else {
                between = handled.filter((at) => at > message).length;
            }
        }
    });
    const flood = () => {
        const {parentPort} = require('node:worker_threads');
        parentPort.postMessage('ready');
        for (;;) {
            parentPort.postMessage('x'.repeat(100));
        }
    };
    await startUntil(manager, {name: 'flood', job: flood});
    const ended = runEnd(manager, 'other');
    await manager.addJob({
        name: 'other',
        job: () => require('node:worker_threads').parentPort.postMessage(Date.now())
    });
    assert.equal((await ended).exitCode, 0);
    // A batch of 256, and what was handled while the message was on its way.
    assert.ok(between <= 500, `${between} messages of the flood were handled first`);
});

test("a process that goes on with a job's captured output after its end does not fill a blocked host", async (t) => {
    const {manager} = createManager(t);
    const {env, pids} = markedEnvironment();
    const ended = runEnd(manager, 'job');
    let read = 0;
    manager.bree.once('worker created', (name) => {
        manager.bree.workers.get(name).stdout.on('data', (chunk) => {
            read += chunk.length;
        });
    });
    const job = () => {
        const {spawn} = require('node:child_process');
        const stdio = ['ignore', 'inherit', 'ignore'];
        const flood = spawn('yes', ['x'.repeat(100)], {detached: true, stdio});
        flood.once('spawn', () => process.exit(0));
    };
    await manager.addJob({name: 'job', job, worker: {stdout: true, env}});
    const before = memoryBesideHeap();
    assert.ok(blockUntil(() => pids().length > 0));
    // The end of the job's output ends the flood: nothing else does.
    assert.ok(blockUntil(() => pids().length === 0));
    const growth = (memoryBesideHeap() - before) / MB;
    assert.ok(growth < 40, `the host grew by ${growth} MB`);
    assert.equal((await ended).exitCode, 0);
    // What had room, what a pipe may have held when the job ended, and a piece in hand.
    assert.ok(read > 0 && read < 4 * MB, `${read / MB} MB were read`);
});
