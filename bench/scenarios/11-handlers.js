'use strict';

/**
 * Runs of a handler that does nothing, in two processes. The baselines are a pool of processes, that of jest-worker, one of
 * threads, piscina, and the package that ours replaces, which starts a thread for each.
 */

const os = require('node:os');
const {callAll} = require('../call-all');
const {jobFile} = require('../talk');

const PROCESSES = Math.min(2, os.availableParallelism());
/** Until what runs has been compiled, at both ends. */
const WARM_UP = 2_000;

/** As many runs at once as keep the processes busy. */
const MANY = {
    unit: 'runs/s',
    params: {inFlight: 256, runs: 30_000, warmUp: WARM_UP},
    tiny: {inFlight: 4, runs: 10, warmUp: 1}
};
const ONE_AFTER_ANOTHER = {
    unit: 'ms',
    goal: {ratioAtMost: 1},
    params: {inFlight: 1, runs: 4_000, warmUp: WARM_UP, isRoundTrip: true},
    tiny: {inFlight: 1, runs: 10, warmUp: 1, isRoundTrip: true}
};

module.exports = {
    name: 'handlers',
    measurements: [
        {...MANY, name: '256 in flight', baseline: 'pool', goal: {ratioAtLeast: 1.3}},
        {...ONE_AFTER_ANOTHER, name: 'round trip, one in flight', baseline: 'pool'},
        {...MANY, name: '256 in flight, beside threads', baseline: 'threads', goal: {ratioAtLeast: 1}},
        {...ONE_AFTER_ANOTHER, name: 'round trip, beside threads', baseline: 'threads'},
        {
            name: 'one short thing, again and again',
            unit: 'runs/s',
            baseline: 'upstream',
            goal: {ratioAtLeast: 100},
            params: {inFlight: 8, runs: 2_000, warmUp: 2, least: 200},
            tiny: {inFlight: 1, runs: 3, warmUp: 1, least: 3}
        },
        {
            ...MANY,
            name: 'inline, 256 in flight',
            params: {...MANY.params, isInline: true},
            tiny: {...MANY.tiny, isInline: true}
        }
    ],

    async run({load, target, params: {inFlight, runs, warmUp, isInline, isRoundTrip, least}}) {
        const call = await CALLS[target](load(), isInline);
        await callAll(call, Math.min(inFlight, warmUp), warmUp);
        // The old package takes 25 ms for each.
        const count = target === 'upstream' ? least : runs;
        const ms = await callAll(call, inFlight, count);
        return isRoundTrip ? ms / count : (count / ms) * 1_000;
    }
};

const CALLS = {
    ours: handlerCall,
    pool: poolCall,
    threads: threadsCall,
    upstream: upstreamCall
};

function threadsCall({Piscina}) {
    const pool = new Piscina({
        filename: jobFile('handler-noop.js'),
        minThreads: PROCESSES,
        maxThreads: PROCESSES
    });
    return (data) => pool.run(data);
}

/** A thread for each run, which posts what it was given. */
function upstreamCall(JobManager) {
    const answers = new Map();
    const manager = new JobManager({
        workerMessageHandler: ({name, message}) => message !== 'done' && answers.set(name, message)
    });
    return async (data) => {
        const name = `noop-${data}-${answers.size}`;
        const completion = manager.awaitCompletion(name);
        await manager.addJob({name, job: jobFile('echo-once.js'), data: {data}});
        await completion;
        return answers.get(name);
    };
}

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
