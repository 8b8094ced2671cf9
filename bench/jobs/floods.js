'use strict';

const {parentPort} = require('node:worker_threads');

// Posts as many messages as it is asked for, and then when it began.
parentPort.once('message', ({count, text}) => {
    const startedAt = process.hrtime.bigint();
    for (let index = 0; index < count; index += 1) {
        parentPort.postMessage(text);
    }
    parentPort.postMessage({startedAt});
});
parentPort.postMessage('ready');
