'use strict';

// What happens to runs of a host that is lost, on BullMQ on PostgreSQL.

const {testLosses} = require('../losses');
const {BACKENDS} = require('../support');

BACKENDS.filter(({title}) => title === 'BullMQ on PostgreSQL').forEach(testLosses);
