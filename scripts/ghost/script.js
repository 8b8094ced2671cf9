'use strict';

// A job of Ghost's job manager, as its own: it works as it loads, and posts 'done'.

const fs = require('node:fs');
const {parentPort, workerData} = require('node:worker_threads');

fs.appendFileSync(workerData.outcomes, `ended ${process.pid}\n`);
parentPort.postMessage('done');
