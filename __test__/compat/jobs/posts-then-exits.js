'use strict';

const {parentPort, workerData} = require('node:worker_threads');

for (let index = 0; index < workerData.count; index += 1) {
    parentPort.postMessage(index);
}
process.exit(0);
