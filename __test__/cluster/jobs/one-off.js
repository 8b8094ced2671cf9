'use strict';

// A one-off job that writes what it does into a file that all hosts have. It fails if a file is there.

const fs = require('node:fs');
const {workerData} = require('node:worker_threads');
const {run} = require('../../../lib/job');

const {record, ms = 0, failsWith, day} = workerData;
const write = (what) =>
    fs.appendFileSync(
        record,
        `${JSON.stringify({what, id: run.id, fence: run.fence, day: day?.toISOString(), host: process.ppid, pid: process.pid, at: Date.now()})}\n`
    );

write('begin');
const beat = setInterval(() => write('beat'), 20);
setTimeout(() => {
    clearInterval(beat);
    if (failsWith !== undefined && fs.existsSync(failsWith)) {
        throw new RangeError('no luck');
    }
    write('end');
    process.exit();
}, ms);
