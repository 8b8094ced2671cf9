'use strict';

const {execSync} = require('node:child_process');
const {parentPort} = require('node:worker_threads');

parentPort.postMessage('ready');
setImmediate(() => execSync('sleep 40', {stdio: 'ignore'}));
