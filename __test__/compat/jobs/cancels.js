'use strict';

const {parentPort} = require('node:worker_threads');

// Stops on request and says so.
parentPort.on('message', (message) => {
    if (message === 'cancel') {
        parentPort.postMessage('cancelled');
    }
});
parentPort.postMessage('ready');
