'use strict';

// Runs until it is ended.
const {parentPort} = require('node:worker_threads');

parentPort.on('message', () => {});
parentPort.postMessage('waiting');
