'use strict';

// One-off jobs that several hosts share, on BullMQ on Redis.

const {testOneOffs} = require('./one-offs');
const {BACKENDS} = require('./support');

BACKENDS.filter(({title}) => title === 'BullMQ on Redis').forEach(testOneOffs);
