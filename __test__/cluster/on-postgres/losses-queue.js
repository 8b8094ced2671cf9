'use strict';

// What happens to runs of a host that is lost, on BullMQ on PostgreSQL.

const assert = require('node:assert/strict');
const test = require('node:test');
const {lockOf} = require('../../../lib/cluster/lock');
const {testLosses} = require('../losses');
const {BACKENDS, LEASE_MS, LOCK_MS} = require('../support');

test('another host waits longer than the lease of the one that is lost', () => {
    for (const lease of [LEASE_MS, 30_000, 3_600_000]) {
        assert.ok(lockOf(lease) >= lease * 1.2 + 1_000);
    }
    assert.equal(lockOf(LEASE_MS), LOCK_MS);
});

BACKENDS.filter(({title}) => title === 'BullMQ on PostgreSQL').forEach(testLosses);
