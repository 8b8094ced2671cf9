'use strict';

/** A manager with a store: runs that are accepted, and handlers, in the same way as without one. */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {callAll} = require('../call-all');
const {jobFile} = require('../talk');

const PROCESSES = Math.min(2, os.availableParallelism());
const HOUR_MS = 3_600_000;
/** What the runs are called with. */
const DATA = 'x'.repeat(100);
const QUIET = {info() {}, warn() {}, error: console.error};

module.exports = {
    name: 'store',
    measurements: [
        {
            name: 'accepted, 1,000 at once',
            unit: 'runs/s',
            goal: {atLeast: 20_000},
            params: {kind: 'accepted', runs: 100_000, atOnce: 1_000},
            tiny: {kind: 'accepted', runs: 10, atOnce: 5}
        },
        {
            name: 'accepted, one alone',
            unit: 'ms',
            goal: {atMost: 0.3},
            params: {kind: 'alone', runs: 2_000, atOnce: 1},
            tiny: {kind: 'alone', runs: 3, atOnce: 1}
        },
        {
            name: 'opening, 100,000 runs wait',
            unit: 'ms',
            goal: {atMost: 300},
            params: {kind: 'opening', runs: 100_000, atOnce: 1_000},
            tiny: {kind: 'opening', runs: 10, atOnce: 5}
        },
        {
            name: 'handlers with a store ÷ without, 256 in flight',
            unit: '×',
            goal: {atLeast: 0.5},
            params: {kind: 'handlers', inFlight: 256, runs: 20_000, warmUp: 2_000},
            tiny: {kind: 'handlers', inFlight: 4, runs: 10, warmUp: 1}
        },
        {
            name: 'inline handlers with a store ÷ without, 256 in flight',
            unit: '×',
            goal: {atLeast: 0.5},
            params: {kind: 'handlers', isInline: true, inFlight: 256, runs: 20_000, warmUp: 2_000},
            tiny: {kind: 'handlers', isInline: true, inFlight: 4, runs: 10, warmUp: 1}
        }
    ],

    async run({load, params}) {
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-store-'));
        const store = path.join(folder, 'jobs.db');
        try {
            return params.kind === 'handlers'
                ? await compareHandlers(load(), store, params)
                : await accept(load(), store, params);
        } finally {
            fs.rmSync(folder, {recursive: true});
        }
    }
};

async function accept(JobManager, store, {kind, runs, atOnce}) {
    const manager = new JobManager({store, logger: QUIET});
    await manager.defineJob({name: 'later', job: () => {}, maxWaiting: 10 * runs});
    const startedAt = performance.now();
    for (let accepted = 0; accepted < runs; accepted += atOnce) {
        await Promise.all(
            Array.from({length: atOnce}, () => manager.runJob('later', {data: DATA, delay: HOUR_MS}))
        );
    }
    const ms = performance.now() - startedAt;
    await manager.shutdown();
    if (kind === 'opening') {
        return timeOfOpening(JobManager, store);
    }
    return kind === 'alone' ? ms / runs : (runs / ms) * 1_000;
}

async function timeOfOpening(JobManager, store) {
    const startedAt = performance.now();
    const manager = new JobManager({store, logger: QUIET});
    const ms = performance.now() - startedAt;
    await manager.shutdown();
    return ms;
}

/** The one right after the other, in one process, so that other load on the machine affects both. */
async function compareHandlers(JobManager, store, {isInline, inFlight, runs, warmUp}) {
    const rate = async (options) => {
        const manager = new JobManager({...options, logger: QUIET});
        const job = isInline ? require(jobFile('handler-noop.js')) : jobFile('handler-noop.js');
        await manager.defineJob({name: 'noop', job, concurrency: PROCESSES});
        const call = async (data) => (await manager.runJob('noop', {data})).result;
        await callAll(call, Math.min(inFlight, warmUp), warmUp);
        const ms = await callAll(call, inFlight, runs);
        await manager.shutdown();
        return runs / ms;
    };
    const without = await rate({});
    return (await rate({store})) / without;
}
