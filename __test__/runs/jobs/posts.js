'use strict';

const {parentPort} = require('node:worker_threads');

module.exports = (data) => parentPort.postMessage(data);
