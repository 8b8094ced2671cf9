'use strict';

// What happens to a due time while an earlier run of its job goes somewhere in the cluster, on a table of PostgreSQL.

const assert = require('node:assert/strict');
const test = require('node:test');
const {standing} = require('../../../lib/cluster/database/waiting');
const {testOverlap} = require('../overlap');
const {BACKENDS} = require('../support');

test('a slot waits while an older one of its job is left', () => {
    const rows = [
        {slot: 1, hasBegun: true},
        {slot: 2, hasBegun: false}
    ];
    const rule = {overlap: 'queue', limit: 1};
    assert.equal(standing(rows[1], rows, rule, 3), 'wait');
    assert.equal(standing(rows[1], rows.slice(1), rule, 3), 'go');
});

BACKENDS.filter(({title}) => title === 'a table of PostgreSQL').forEach(testOverlap);
