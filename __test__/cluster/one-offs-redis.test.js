'use strict';

// One-off jobs that several hosts share, on BullMQ on Redis.

const assert = require('node:assert/strict');
const test = require('node:test');
const {oneOffId, oneOffRunId} = require('../../lib/cluster/bullmq/codec');
const {testOneOffs} = require('./one-offs');
const {BACKENDS} = require('./support');

test('all claims of a job have one place in the queue, and a run each', () => {
    assert.equal(oneOffId('a:b'), oneOffId('a:b'));
    assert.notEqual(oneOffId('a'), oneOffId('b'));
    assert.notEqual(oneOffRunId('a', 'host-1'), oneOffRunId('a', 'host-2'));
});

BACKENDS.filter(({title}) => title === 'BullMQ on Redis').forEach(testOneOffs);
