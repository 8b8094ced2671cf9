'use strict';

/** Runs of a handler that does nothing, in two processes; the baseline is a pool of processes, that of jest-worker. */

const os = require('node:os');
const {callAll} = require('../call-all');
const {jobFile} = require('../talk');

const PROCESSES = Math.min(2, os.availableParallelism());
/** Until what runs has been compiled, at both ends. */
const WARM_UP = 2_000;

module.exports = {
    name: 'handlers',
    measurements: [
        {
            name: '256 in flight',
            unit: 'runs/s',
            baseline: 'pool',
            goal: {ratioAtLeast: 1.3},
            params: {inFlight: 256, runs: 30_000, warmUp: WARM_UP},
            tiny: {inFlight: 4, runs: 10, warmUp: 1}
        },
        {
            name: 'round trip, one in flight',
            unit: 'ms',
            baseline: 'pool',
            goal: {ratioAtMost: 1},
            params: {inFlight: 1, runs: 4_000, warmUp: WARM_UP, isRoundTrip: true},
            tiny: {inFlight: 1, runs: 10, warmUp: 1, isRoundTrip: true}
        },
        {
            name: 'inline, 256 in flight',
            unit: 'runs/s',
            params: {inFlight: 256, runs: 30_000, warmUp: WARM_UP, isInline: true},
            tiny: {inFlight: 4, runs: 10, warmUp: 1, isInline: true}
        }
    ],

    async run({load, target, params: {inFlight, runs, warmUp, isInline, isRoundTrip}}) {
        const call = target === 'pool' ? poolCall(load()) : await handlerCall(load(), isInline);
        await callAll(call, Math.min(inFlight, warmUp), warmUp);
        const ms = await callAll(call, inFlight, runs);
        return isRoundTrip ? ms / runs : (runs / ms) * 1_000;
    }
};

function poolCall({Worker}) {
    const pool = new Worker(jobFile('handler-noop.js'), {
        numWorkers: PROCESSES,
        enableWorkerThreads: false,
        exposedMethods: ['default']
    });
    return (data) => pool.default(data);
}

async function handlerCall(JobManager, isInline) {
    const manager = new JobManager();
    await manager.defineJob({
        name: 'noop',
        job: isInline ? require(jobFile('handler-noop.js')) : jobFile('handler-noop.js'),
        concurrency: PROCESSES
    });
    return async (data) => (await manager.runJob('noop', {data})).result;
}
