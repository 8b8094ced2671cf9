'use strict';

const {parentPort} = require('node:worker_threads');

parentPort.on('message', (message) => {
    if (message === 'cancel') {
        parentPort.postMessage('cancelled');
    }
});
parentPort.postMessage('ready');
