'use strict';

const {spawn} = require('node:child_process');
const {parentPort} = require('node:worker_threads');

const script = "trap '' TERM INT HUP; echo started; sleep 1000 & sleep 1000; wait";
spawn('sh', ['-c', script]).stdout.once('data', () => parentPort.postMessage('ready'));
