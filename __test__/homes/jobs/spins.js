'use strict';

// Answers nothing, ever.
const {parentPort} = require('node:worker_threads');

parentPort.postMessage('spinning');
for (;;);
