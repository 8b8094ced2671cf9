'use strict';

const {parentPort} = require('node:worker_threads');

parentPort.postMessage('ticked');
parentPort.postMessage('done');
