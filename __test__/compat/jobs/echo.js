'use strict';

const {parentPort} = require('worker_threads');

// Answers every message; 'be done!' ends it.
parentPort.on('message', (message) => {
    if (message === 'be done!') {
        parentPort.postMessage('done');
    } else {
        parentPort.postMessage({received: message});
    }
});
parentPort.postMessage('ready');
