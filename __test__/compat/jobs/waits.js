'use strict';

const {parentPort} = require('node:worker_threads');

// Goes on until it is told to stop.
parentPort.once('message', () => {});
parentPort.postMessage('ready');
