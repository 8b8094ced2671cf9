'use strict';

const {parentPort} = require('node:worker_threads');

process.stdout.write(`${'x'.repeat(1_000_000)}\nlast line\n`);
parentPort.postMessage('done');
