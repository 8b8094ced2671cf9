'use strict';

const {parentPort, workerData} = require('node:worker_threads');

// Sends back what it was given.
parentPort.postMessage({workerData});
