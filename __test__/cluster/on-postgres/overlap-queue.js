'use strict';

// What happens to a due time while an earlier run of its job goes somewhere in the cluster, on BullMQ on PostgreSQL.

const {testOverlap} = require('../overlap');
const {BACKENDS} = require('../support');

BACKENDS.filter(({title}) => title === 'BullMQ on PostgreSQL').forEach(testOverlap);
