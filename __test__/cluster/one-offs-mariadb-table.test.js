'use strict';

// One-off jobs that several hosts share, on a table of MariaDB.

const assert = require('node:assert/strict');
const test = require('node:test');
const {runIdOf} = require('../../lib/cluster/database/run-id');
const {testOneOffs} = require('./one-offs');
const {BACKENDS} = require('./support');

test('the run of a claim has the time of that in its id', () => {
    assert.equal(runIdOf({name: 'a', slot: 1_000}), 'a@1970-01-01T00:00:01.000Z');
});

BACKENDS.filter(({title}) => title === 'a table of MariaDB').forEach(testOneOffs);
