'use strict';

// Ids of runs, and the ids that BullMQ has for them.

const assert = require('node:assert/strict');
const test = require('node:test');
const {
    jobIdOf,
    oneOffId,
    oneOffRunId,
    requestId,
    runIdOf,
    runIdOfJob,
    slotId
} = require('../../lib/cluster/bullmq/codec');

const NAMES = [
    'backup',
    'a:b',
    'a@b',
    '~a',
    '!a',
    '%40',
    'x@once-1',
    'ä ö',
    'a@2026-11-29T10:00:00.000Z',
    '7'
];
const DUE = Date.parse('2026-11-29T10:00:00.000Z');

test('names, slots, runs that are asked for and one-off jobs have ids of their own', () => {
    const ids = NAMES.flatMap((name) => [slotId(name, DUE), requestId(name), oneOffId(name)]);
    assert.equal(new Set(ids).size, ids.length);
    assert.deepEqual(
        ids.filter((id) => id.includes(':') || /^\d+$/.test(id)),
        [],
        'BullMQ refuses them'
    );
});

test('a run is found by its id', () => {
    for (const name of NAMES) {
        const once = oneOffRunId(name, '3f9c2a10-17');
        assert.equal(jobIdOf(once, name), oneOffId(name));
        assert.equal(jobIdOf(once, undefined), oneOffId(name), 'also where the job is not known');
        const slot = runIdOf(slotId(name, DUE), {name, due: DUE});
        assert.equal(jobIdOf(slot, name), slotId(name, DUE));
    }
    assert.equal(jobIdOf('3f9c2a10-q1', undefined), requestId('3f9c2a10-q1'));
});

test('the run of a one-off job is another one for each claim, in one place of the queue', () => {
    const [first, second] = ['a-1', 'b-1'].map((claim) => oneOffRunId('backup', claim));
    assert.notEqual(first, second);
    assert.equal(jobIdOf(first, 'backup'), jobIdOf(second, 'backup'));
    assert.equal(runIdOfJob({id: oneOffId('backup'), name: 'backup', data: {run: second}}), second);
});
