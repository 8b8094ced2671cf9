'use strict';

// What happens to a due time while an earlier run of its job goes somewhere in the cluster, on a table of PostgreSQL.

const {testOverlap} = require('../overlap');
const {BACKENDS} = require('../support');

BACKENDS.filter(({title}) => title === 'a table of PostgreSQL').forEach(testOverlap);
