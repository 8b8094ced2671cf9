'use strict';

const {spawn} = require('node:child_process');
const {parentPort} = require('node:worker_threads');

// Starts a process of its own, as a job that calls a tool does, and waits.
const child = spawn('sleep', ['600'], {stdio: 'ignore'});
parentPort.postMessage({childPid: child.pid});
setInterval(() => {}, 1_000);
