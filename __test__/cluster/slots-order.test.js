'use strict';

// Answers of the queue that come late, at once, or not at first: on a busy host, and while the server refuses what it is asked for.

const assert = require('node:assert/strict');
const test = require('node:test');
const {Claims} = require('../../lib/cluster/bullmq/claims');
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

test('a claim that the server refuses is made again until it is taken; those of a job go one after the other', async (t) => {
    t.mock.timers.enable({apis: ['setTimeout']});
    const answers = ['refused', 'taken', 'taken', 'refused'];
    const [near, claimed, errors] = [[], [], []];
    let isWanted = true;
    const claims = new Claims({
        slotsOf: () => ({
            noteNear: (_name, dueMs) => near.push(dueMs),
            async claim(_name, dueMs) {
                claimed.push(dueMs);
                if (answers.shift() !== 'taken') {
                    throw new Error('OOM command not allowed');
                }
            }
        }),
        isWanted: () => isWanted,
        onError: (error) => errors.push(error.message)
    });
    const settled = () => new Promise(setImmediate);
    claims.near('job', 1_000);
    await settled();
    claims.near('job', 2_000);
    assert.deepEqual([near, claimed], [[1_000, 2_000], [1_000]]);
    t.mock.timers.tick(250);
    await settled();
    assert.deepEqual(claimed, [1_000, 1_000, 2_000]);
    claims.near('job', 3_000);
    await settled();
    isWanted = false;
    t.mock.timers.tick(250);
    await settled();
    assert.deepEqual(claimed, [1_000, 1_000, 2_000, 3_000]);
    assert.equal(errors.length, 2);
});

test('a slot whose claim had to wait until there is a newer one is left to that, and reported', async () => {
    const added = [];
    const {slots, skipped} = makeSlots({
        async add(_name, _data, {jobId}) {
            added.push(jobId);
            return {id: jobId};
        },
        getJobState: async () => 'unknown'
    });
    slots.noteNear('job', 500);
    slots.noteNear('job', 2_000);
    // It is 1,750: more than a second after the first one.
    await slots.claim('job', 500);
    await slots.claim('job', 2_000);
    assert.deepEqual(added, [slotId('job', 2_000)]);
    assert.deepEqual(skipped, [['job', 500, 'missed']]);
});
