'use strict';

// Writes the time of each attempt, one a line, to `file`, and ends each in its own way, the last one again and again:
// 'done', 'throw', 'permanent', 'exit' (code 3), 'hang'.

const fs = require('node:fs');
const {parentPort, workerData} = require('node:worker_threads');

const {file, ends} = workerData;
fs.appendFileSync(file, `${Date.now()}\n`);
const attempt = fs.readFileSync(file, 'utf8').trim().split('\n').length;
const failure = new Error(`no luck ${attempt}`);

switch (ends[Math.min(attempt, ends.length) - 1]) {
    case 'done':
        parentPort.postMessage('done');
        break;
    case 'throw':
        throw failure;
    case 'permanent':
        throw Object.assign(failure, {permanent: true});
    case 'exit':
        process.exit(3);
        break;
    default:
        setInterval(() => {}, 1_000);
}
