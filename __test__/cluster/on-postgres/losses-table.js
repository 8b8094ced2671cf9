'use strict';

// What happens to runs of a host that is lost, on a table of PostgreSQL.

const {testLosses} = require('../losses');
const {BACKENDS} = require('../support');

BACKENDS.filter(({title}) => title === 'a table of PostgreSQL').forEach(testLosses);
