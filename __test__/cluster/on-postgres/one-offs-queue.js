'use strict';

// One-off jobs that several hosts share, on BullMQ on PostgreSQL.

const {testOneOffs} = require('../one-offs');
const {BACKENDS} = require('../support');

BACKENDS.filter(({title}) => title === 'BullMQ on PostgreSQL').forEach(testOneOffs);
