'use strict';

// A run that writes when it begins, that it still goes, and when it ends: into a file that all hosts have.

const fs = require('node:fs');
const {workerData} = require('node:worker_threads');
const {run} = require('../../../lib/job');

const {record, ms = 0, isDeaf = false} = workerData;
const write = (what) =>
    fs.appendFileSync(
        record,
        `${JSON.stringify({what, id: run.id, fence: run.fence, trigger: run.trigger, due: run.due?.getTime(), host: process.ppid, pid: process.pid, at: Date.now()})}\n`
    );

if (isDeaf) {
    process.on('SIGTERM', () => {});
    require('node:worker_threads').parentPort.on('message', () => {});
}
write('begin');
const beat = setInterval(() => write('beat'), 20);
setTimeout(() => {
    clearInterval(beat);
    write('end');
    process.exit();
}, ms);
