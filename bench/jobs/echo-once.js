'use strict';

const {parentPort, workerData} = require('node:worker_threads');

parentPort.postMessage(workerData.data);
parentPort.postMessage('done');
