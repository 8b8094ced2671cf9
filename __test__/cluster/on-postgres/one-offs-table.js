'use strict';

// One-off jobs that several hosts share, on a table of PostgreSQL.

const {testOneOffs} = require('../one-offs');
const {BACKENDS} = require('../support');

BACKENDS.filter(({title}) => title === 'a table of PostgreSQL').forEach(testOneOffs);
