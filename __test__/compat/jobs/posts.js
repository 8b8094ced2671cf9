'use strict';

const {parentPort, workerData} = require('node:worker_threads');

for (const message of workerData.messages) {
    parentPort.postMessage(message);
}
