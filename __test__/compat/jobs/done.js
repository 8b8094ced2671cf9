'use strict';

const {parentPort} = require('node:worker_threads');

// Says that it is done while something would keep it alive.
setInterval(() => {}, 1_000);
parentPort.postMessage('done');
