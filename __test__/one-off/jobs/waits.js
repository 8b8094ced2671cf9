'use strict';
// Runs until it gets the message 'go' or 'cancel'.
const {parentPort} = require('node:worker_threads');
parentPort.on('message', (message) => parentPort.postMessage(message === 'cancel' ? 'cancelled' : 'done'));
