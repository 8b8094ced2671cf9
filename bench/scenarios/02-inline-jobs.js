'use strict';

/** Inline jobs a second: functions that do nothing, queued at once. */

const {median} = require('../statistics');
const {withResolvers} = require('../talk');

/** Upstream slows down with the length of its queue: watched for so long, it has run a part of it. */
const LIMIT_MS = 4_000;
/** For so long the queue is filled and emptied again. */
const DURATION_MS = 1_000;

const measurement = (queued, goal, more = {}) => ({
    name: `${queued.toLocaleString('en-US')} queued`,
    unit: 'jobs/s',
    baseline: 'upstream',
    goal,
    params: {queued, durationMs: DURATION_MS},
    tiny: {queued: 10, durationMs: 1},
    ...more
});

module.exports = {
    name: 'inline jobs',
    measurements: [
        measurement(100, {ratioAtLeast: 1}),
        measurement(1_000, {ratioAtLeast: 1.5}),
        measurement(10_000, {ratioAtLeast: 10}),
        measurement(100_000, {ratioAtLeast: 200}),
        measurement(1_000_000, undefined, {baseline: undefined}),
        {
            name: 'adding 10,000',
            unit: 'jobs/s',
            baseline: 'upstream',
            params: {queued: 10_000, isAdding: true},
            tiny: {queued: 10, isAdding: true}
        },
        {
            name: 'the first 1,000 of a process, adding included',
            unit: 'jobs/s',
            baseline: 'upstream',
            goal: {ratioAtLeast: 1.2},
            params: {queued: 1_000, isCold: true},
            tiny: {queued: 10, isCold: true}
        }
    ],

    async run({load, params: {queued, durationMs, isAdding = false, isCold = false}}) {
        const manager = new (load())({});
        if (isAdding) {
            return addingRate(manager, queued);
        }
        if (isCold) {
            return coldRate(manager, queued);
        }
        // Until what runs has been compiled.
        await rate(manager, Math.min(queued, 1_000));
        const rates = [];
        const startedAt = performance.now();
        do {
            rates.push(await rate(manager, queued));
        } while (performance.now() - startedAt < durationMs);
        return median(rates);
    }
};

function addingRate(manager, queued) {
    const startedAt = performance.now();
    fill(manager, queued, async () => {});
    return (queued / (performance.now() - startedAt)) * 1_000;
}

/** Jobs in a second, from the first `addJob` to the last job, in a process that has run none before. */
function coldRate(manager, queued) {
    const {promise: over, resolve} = withResolvers();
    let ran = 0;
    const job = async () => {
        ran += 1;
        if (ran === queued) {
            resolve((queued / (performance.now() - startedAt)) * 1_000);
        }
    };
    const startedAt = performance.now();
    fill(manager, queued, job);
    return over;
}

function fill(manager, queued, job) {
    for (let index = 0; index < queued; index += 1) {
        manager.addJob({name: 'inline', job, offloaded: false});
    }
}

/** Jobs run in a second, from the first to the last or to the limit; adding them is not counted. */
async function rate(manager, queued) {
    const {promise: over, resolve} = withResolvers();
    let ran = 0;
    let startedAt;
    const job = async () => {
        startedAt ??= performance.now();
        ran += 1;
        if (ran === queued || performance.now() - startedAt > LIMIT_MS) {
            resolve((ran / (performance.now() - startedAt)) * 1_000);
        }
    };
    // For its log line upstream walks the whole queue at each `addJob`: minutes, which are not the question here.
    const {length} = manager.inlineQueue;
    manager.inlineQueue.length = () => 0;
    fill(manager, queued, job);
    manager.inlineQueue.length = length;
    return over;
}
