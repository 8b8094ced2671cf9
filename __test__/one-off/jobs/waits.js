'use strict';
// Runs until it is told to go, or to stop.
const {parentPort} = require('node:worker_threads');
parentPort.on('message', (message) => parentPort.postMessage(message === 'cancel' ? 'cancelled' : 'done'));
