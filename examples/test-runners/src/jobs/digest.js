'use strict';

const {parentPort} = require('node:worker_threads');

parentPort.postMessage('sent');
parentPort.postMessage('done');
