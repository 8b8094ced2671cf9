'use strict';

// A run that writes when it begins, that it still goes, and when it ends: into a file that all hosts have.

const fs = require('node:fs');
const {parentPort, workerData} = require('node:worker_threads');
const {run} = require('../../../lib/job');

const {record, ms = 0, isDeaf = false, stops = false, fails = 0, failsLate = false} = workerData;
const {id, fence, trigger, due, attempt, attempts} = run;
const facts = {id, fence, trigger, due: due?.getTime(), attempt, attempts};
const write = (what) =>
    fs.appendFileSync(
        record,
        `${JSON.stringify({what, ...facts, host: process.ppid, pid: process.pid, at: Date.now()})}\n`
    );

if (isDeaf) {
    process.on('SIGTERM', () => {});
    parentPort.on('message', () => {});
}
if (stops) {
    parentPort.on('message', (message) => {
        if (message === 'cancel') {
            write('cancelled');
            parentPort.postMessage('cancelled');
            process.exit();
        }
    });
}
write('begin');
if (attempt <= fails) {
    throw new Error(`attempt ${attempt} fails at once`);
}
const beat = setInterval(() => write('beat'), 20);
setTimeout(() => {
    clearInterval(beat);
    if (failsLate) {
        throw new Error(`attempt ${attempt} fails`);
    }
    write('end');
    process.exit();
}, ms);
