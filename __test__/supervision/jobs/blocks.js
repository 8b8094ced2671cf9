'use strict';

const {execSync} = require('node:child_process');

require('node:worker_threads').parentPort.postMessage('ready');
execSync('sleep 1000');
