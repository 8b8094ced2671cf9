'use strict';

const {execFileSync} = require('node:child_process');

require('node:worker_threads').parentPort.postMessage('ready');
execFileSync('sleep', ['1000']);
