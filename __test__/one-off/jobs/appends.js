'use strict';
// Leaves a trace of each run.
const fs = require('node:fs');
const {workerData} = require('node:worker_threads');
fs.appendFileSync(workerData.file, `${workerData.line ?? process.pid}\n`);
if (workerData.fails) {
    throw new RangeError('no luck');
}
