'use strict';

const {setTimeout: delay} = require('node:timers/promises');
const {isMainThread, parentPort, workerData} = require('node:worker_threads');

// One module for both kinds of job, as the old package's examples have it.
const passTime = async ({ms}) => {
    await delay(ms);
};

if (isMainThread) {
    module.exports = passTime;
} else {
    passTime(workerData).then(() => parentPort.postMessage('done'));
}
