'use strict';

// Answers of the queue that come late, and at once: on a busy host.

const assert = require('node:assert/strict');
const test = require('node:test');
const {slotId} = require('../../lib/cluster/bullmq/codec');
const {Slots} = require('../../lib/cluster/bullmq/slots');

function makeSlots(queue) {
    const skipped = [];
    const slots = new Slots({
        queue,
        link: {nowMs: () => 1_750},
        clock: {hadPassed: async () => false},
        jobs: new Map([['job', {overlap: 'skip'}]]),
        skips: {add: (...skip) => skipped.push(skip)}
    });
    return {slots, skipped};
}

test('of slots that wait for a run, and whose claims are answered at once, the older one is reported', async () => {
    const answers = [];
    const queue = {
        add: () => new Promise((resolve) => answers.push(() => resolve({id: slotId('job', 1_000)}))),
        getJobState: async () => 'active',
        getJob: async (id) => (id === slotId('job', 3_000) ? {} : undefined)
    };
    const {slots, skipped} = makeSlots(queue);
    const claims = [slots.claim('job', 2_000), slots.claim('job', 3_000)];
    await new Promise(setImmediate);
    answers.forEach((answer) => answer());
    await Promise.all(claims);
    assert.deepEqual(skipped, [['job', 2_000, 'overlap']]);
});

test('a slot that the queue has dropped for one that was about to begin is reported when the next one is taken', async () => {
    const inTheWay = [slotId('job', 1_000), undefined];
    const {slots, skipped} = makeSlots({
        add: async (_name, _data, {jobId}) => ({id: inTheWay.shift() ?? jobId}),
        getJobState: async () => 'waiting',
        getJob: async () => undefined
    });
    await slots.claim('job', 2_000);
    await slots.claim('job', 3_000);
    assert.deepEqual(skipped, [['job', 2_000, 'overlap']]);
});
