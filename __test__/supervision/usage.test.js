'use strict';

// What a run used, as 'run ended' reports it.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {createManager, runEnd, runOnce, startUntil} = require('../support/runs');

const MB = 1024 * 1024;

test('processor time is that of the run', async (t) => {
    const {summary} = await runOnce(createManager(t), {
        name: 'job',
        job: () => {
            const used = () => process.cpuUsage().user + process.cpuUsage().system;
            while (used() < 300_000);
        }
    });
    // The kernel counts in ticks of up to 10 ms.
    assert.ok(summary.cpuMs >= 290, `${summary.cpuMs} ms`);
    assert.ok(summary.elapsedMs > 0);
});

test('processor time includes children that the job waited for', async (t) => {
    const {summary} = await runOnce(createManager(t), {
        name: 'job',
        job: () => {
            const burn = 'while (process.cpuUsage().user + process.cpuUsage().system < 300_000);';
            require('node:child_process').execFileSync(process.execPath, ['-e', burn]);
        }
    });
    assert.ok(summary.cpuMs >= 290, `${summary.cpuMs} ms`);
});

test('peak memory is what the job held at most', async (t) => {
    const {summary} = await runOnce(createManager(t), {
        name: 'job',
        job: () => {
            Buffer.alloc(300 * 1024 * 1024, 1);
        }
    });
    assert.ok(summary.peakMemoryBytes > 300 * MB, `${summary.peakMemoryBytes / MB} MB`);
});

test('peak memory is not that of a larger host', async (t) => {
    const kept = Buffer.alloc(500 * MB, 1);
    const {summary} = await runOnce(createManager(t), {
        name: 'job',
        job: () => {
            const held = Buffer.alloc(100 * 1024 * 1024, 1);
            // What is held for a good part of the run is seen.
            setTimeout(() => process.exit(held[0] - 1), process.uptime() * 1000);
        }
    });
    const {peakMemoryBytes} = summary;
    assert.ok(peakMemoryBytes > 100 * MB && peakMemoryBytes < kept.length / 2, `${peakMemoryBytes / MB} MB`);
});

test('the peak memory of the shortest run is known, also in a larger host', async (t) => {
    const kept = Buffer.alloc(500 * MB, 1);
    const {manager} = createManager(t);
    const ended = runEnd(manager, 'job');
    const worker = await startUntil(manager, {
        name: 'job',
        job: () => {
            const {parentPort} = require('node:worker_threads');
            parentPort.once('message', () => process.exit());
            parentPort.postMessage('ready');
        }
    });
    worker.postMessage('end');
    const {peakMemoryBytes} = await ended;
    assert.ok(peakMemoryBytes > 20 * MB && peakMemoryBytes < kept.length / 2, `${peakMemoryBytes / MB} MB`);
});
