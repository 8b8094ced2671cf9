'use strict';

const {parentPort, workerData} = require('node:worker_threads');

parentPort.once('message', (message) => {
    parentPort.postMessage({workerData: describe(workerData.value), message: describe(message)});
    parentPort.postMessage(message);
});
parentPort.postMessage('ready');

function describe(value) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, Object.prototype.toString.call(item)]));
}
