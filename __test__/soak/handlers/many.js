'use strict';

/** Short runs through one manager, all in two processes: memory stays as it is. */

const assert = require('node:assert/strict');
const JobManager = require('../../..');
const {descriptors, memoryMb, memoryMbOf, noWorkers, workers} = require('./at-rest');

const AT_ONCE = 256;
/** What the heaps of V8 and of the C library may grow to is reached by then. */
const WARM_UP_SHARE = 0.1;
const MOST_GROWTH_MB = 30;

async function runMany(manager, from, to) {
    let next = from;
    const inTurn = async () => {
        while (next < to) {
            const value = next;
            next += 1;
            const run = await manager.runJob('echo', {data: {value, text: 'x'.repeat(value % 100)}});
            assert.equal((await run.result).value, value);
        }
    };
    await Promise.all(Array.from({length: AT_ONCE}, inTurn));
}

/** @returns {Promise<string>} what was found, for people */
async function soak(count) {
    const manager = new JobManager({logger: {}});
    await manager.defineJob({name: 'echo', job: require.resolve('./echo'), concurrency: 2});
    const warmUp = Math.round(count * WARM_UP_SHARE);
    await runMany(manager, 0, warmUp);
    const pids = workers();
    const look = async () => ({
        host: await memoryMb(),
        processes: Math.max(...pids.map(memoryMbOf)),
        descriptors: descriptors()
    });
    const before = await look();
    const startedMs = performance.now();
    await runMany(manager, warmUp, count);
    const seconds = (performance.now() - startedMs) / 1_000;
    const after = await look();
    assert.deepEqual(workers().sort(), pids.sort(), 'the same processes');
    assert.equal(after.descriptors, before.descriptors);
    assert.ok(after.host - before.host < MOST_GROWTH_MB, JSON.stringify({before, after}));
    assert.ok(after.processes - before.processes < MOST_GROWTH_MB, JSON.stringify({before, after}));
    await manager.shutdown();
    await noWorkers();
    const mb = ({host, processes}) => `${host.toFixed(1)} and ${processes.toFixed(1)} MB`;
    return (
        `${count} runs in two processes, ${Math.round((count - warmUp) / seconds)} a second; host and process have ` +
        `${mb(before)} after ${warmUp} runs, ${mb(after)} at the end`
    );
}

module.exports = {soak};
