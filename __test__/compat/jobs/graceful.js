'use strict';

const {parentPort} = require('node:worker_threads');

// Finishes what it has in hand when asked to stop.
parentPort.on('message', (message) => {
    if (message === 'cancel') {
        parentPort.postMessage('cleaned up');
        parentPort.postMessage('done');
    }
});
parentPort.postMessage('ready');
