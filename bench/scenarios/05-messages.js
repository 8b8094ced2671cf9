'use strict';

/** Messages between a job and its host, against those of a bare Worker. */

const {median} = require('../statistics');
const {startJob, toMs, withResolvers} = require('../talk');

const TEXT = 'x'.repeat(100);

const flood = (name, more) => ({
    name: `job to host, 100 bytes each, ${name}`,
    unit: 'messages/s',
    params: {count: 50_000},
    tiny: {count: 10},
    ...more
});
const roundTrip = (name, more) => ({
    name: `round trip, ${name}`,
    unit: 'µs',
    params: {rounds: 3_000},
    tiny: {rounds: 3},
    ...more
});

module.exports = {
    name: 'messages',
    measurements: [
        flood('against a Worker', {baseline: 'worker', goal: {ratioAtLeast: 0.15}}),
        flood('against upstream', {baseline: 'upstream'}),
        roundTrip('against a Worker', {baseline: 'worker', goal: {ratioAtMost: 3}}),
        roundTrip('against upstream', {baseline: 'upstream'})
    ],

    async run({load, params: {count, rounds}}) {
        return count === undefined ? roundTripMicroseconds(load(), rounds) : messagesPerSecond(load(), count);
    }
};

/** From the job's first `postMessage` to the arrival of the last. */
async function messagesPerSecond(JobManager, count) {
    const {promise: over, resolve} = withResolvers();
    const {post} = await startJob(JobManager, 'floods.js', (message) => {
        if (typeof message !== 'string') {
            resolve(toMs(process.hrtime.bigint() - message.startedAt));
        }
    });
    post({count, text: TEXT});
    return count / ((await over) / 1_000);
}

async function roundTripMicroseconds(JobManager, rounds) {
    let answered;
    const {post} = await startJob(JobManager, 'echoes.js', () => answered());
    const samples = [];
    for (let round = 0; round < rounds; round += 1) {
        const {promise, resolve} = withResolvers();
        answered = resolve;
        const sentAt = process.hrtime.bigint();
        post(round);
        await promise;
        samples.push(Number(process.hrtime.bigint() - sentAt) / 1_000);
    }
    return median(samples);
}
