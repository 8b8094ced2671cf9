'use strict';

// Runs until it gets the message 'go'; 'cancel' does not end it.
const {parentPort} = require('node:worker_threads');

parentPort.on('message', (message) => {
    if (message === 'go') {
        parentPort.postMessage('done');
    }
});
