'use strict';

const {workerData} = require('node:worker_threads');

setInterval(() => {}, 1_000);
process.kill(process.pid, workerData.signal);
