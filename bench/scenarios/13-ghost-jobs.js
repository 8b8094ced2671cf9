'use strict';

/** The jobs adapter for Ghost, beside the one that Ghost comes with: in turns, in one process. */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {ghostPackage} = require('../../__test__/support/ghost-package');
const {median} = require('../statistics');

const JOB = {type: 'job', payload: '{"value":1}'};
const ROUNDS = 9;

module.exports = {
    name: 'ghost-jobs',
    measurements: [
        {
            name: "2,000 dispatches accepted, ours ÷ Ghost's",
            unit: '×',
            goal: {atMost: 3},
            params: {kind: 'accepted', dispatches: 2_000},
            tiny: {kind: 'accepted', dispatches: 3}
        },
        {
            name: '2,000 dispatches accepted, with a store',
            unit: 'ms',
            goal: {atMost: 100},
            params: {kind: 'kept', dispatches: 2_000},
            tiny: {kind: 'kept', dispatches: 3}
        },
        {
            name: "10,000 jobs that do nothing, delivered, ours ÷ Ghost's",
            unit: '×',
            goal: {atMost: 1},
            params: {kind: 'delivered', dispatches: 10_000},
            tiny: {kind: 'delivered', dispatches: 3}
        },
        {
            name: '10,000 jobs that do nothing, delivered, with attempts',
            unit: 'ms',
            params: {kind: 'delivered with attempts', dispatches: 10_000},
            tiny: {kind: 'delivered with attempts', dispatches: 3}
        },
        {
            name: '10,000 jobs that do nothing, delivered, with a store',
            unit: 'ms',
            params: {kind: 'delivered and kept', dispatches: 10_000},
            tiny: {kind: 'delivered and kept', dispatches: 3}
        }
    ],

    async run({load, params}) {
        // For its logger, which is made silent.
        load();
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-ghost-jobs-'));
        try {
            return await KINDS[params.kind](adapters(folder), params.dispatches);
        } finally {
            fs.rmSync(folder, {recursive: true});
        }
    }
};

function adapters(folder) {
    const GhostJobs = require('../../lib/ghost-jobs');
    const {InMemoryJobsBackend} = ghostPackage();
    let stores = 0;
    return {
        ghosts: () => new InMemoryJobsBackend(),
        plain: () => new GhostJobs(),
        withAttempts: () => new GhostJobs({attempts: 2}),
        withStore: () => new GhostJobs({store: path.join(folder, `${(stores += 1)}.db`)})
    };
}

const KINDS = {
    accepted: ({ghosts, plain}, dispatches) => compare({ghosts, plain}, 'acceptedMs', dispatches),
    delivered: ({ghosts, plain}, dispatches) => compare({ghosts, plain}, 'deliveredMs', dispatches),
    kept: ({withStore}, dispatches) => alone(withStore, 'acceptedMs', dispatches),
    'delivered with attempts': ({withAttempts}, dispatches) => alone(withAttempts, 'deliveredMs', dispatches),
    'delivered and kept': ({withStore}, dispatches) => alone(withStore, 'deliveredMs', dispatches)
};

async function compare({ghosts, plain}, what, dispatches) {
    const values = {ghosts: [], plain: []};
    for (let round = 0; round < ROUNDS; round += 1) {
        values.ghosts.push((await burst(ghosts(), dispatches))[what]);
        values.plain.push((await burst(plain(), dispatches))[what]);
    }
    return median(values.plain) / median(values.ghosts);
}

async function alone(make, what, dispatches) {
    const values = [];
    for (let round = 0; round < ROUNDS; round += 1) {
        values.push((await burst(make(), dispatches))[what]);
    }
    return median(values);
}

/** Dispatches all at once. */
async function burst(adapter, dispatches) {
    let left = dispatches;
    let allDelivered;
    const delivered = new Promise((resolve) => (allDelivered = resolve));
    await adapter.start({
        processor: async () => {
            left -= 1;
            if (left === 0) {
                allDelivered();
            }
        }
    });
    const beganMs = performance.now();
    await Promise.all(Array.from({length: dispatches}, () => adapter.enqueue({...JOB})));
    const acceptedMs = performance.now() - beganMs;
    await delivered;
    const deliveredMs = performance.now() - beganMs;
    await adapter.shutdown();
    return {acceptedMs, deliveredMs};
}
