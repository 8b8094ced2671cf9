'use strict';

// The attempts of a run are counted in the cluster, on PostgreSQL.

const {testAttempts} = require('../attempts');
const {BACKENDS} = require('../support');

BACKENDS.filter(({title}) => title.includes('PostgreSQL')).forEach(testAttempts);
