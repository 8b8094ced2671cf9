'use strict';

// Runs until it is told to go; being told to stop is not enough.
const {parentPort} = require('node:worker_threads');

parentPort.on('message', (message) => {
    if (message === 'go') {
        parentPort.postMessage('done');
    }
});
