'use strict';

const {workerData} = require('node:worker_threads');

process.exit(workerData.exitCode);
