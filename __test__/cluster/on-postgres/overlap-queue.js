'use strict';

// What happens to a due time while an earlier run of its job goes somewhere in the cluster, on BullMQ on PostgreSQL.

const assert = require('node:assert/strict');
const test = require('node:test');
const {dueOf, serialQueueName, slotId} = require('../../../lib/cluster/bullmq/codec');
const {testOverlap} = require('../overlap');
const {BACKENDS} = require('../support');

test('the queue of a job has a name that BullMQ takes, and another one for each job', () => {
    const names = ['a', 'a.b', 'a:b', 'a%3ab', 'a@b', '~a'].map((name) => serialQueueName('jobs', name));
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.every((name) => !name.includes(':')));
    assert.equal(dueOf(slotId('a@1', 1_800_000_000_000)), 1_800_000_000_000);
});

BACKENDS.filter(({title}) => title === 'BullMQ on PostgreSQL').forEach(testOverlap);
