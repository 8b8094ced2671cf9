'use strict';

// A script that prints, and writes to its log.

const {run} = require('../../../lib/job');

console.log('before');
run.log('half-way', {done: 5}, 'warn');
run.log('two\nlines');
process.stdout.write('no end');
