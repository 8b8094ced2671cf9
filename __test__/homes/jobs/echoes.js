'use strict';

const {parentPort, workerData} = require('node:worker_threads');

const {job: _own, ...data} = workerData;
parentPort.postMessage(data);
parentPort.postMessage('done');
