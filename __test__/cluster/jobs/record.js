'use strict';

// A run that writes when it begins, that it still goes, and when it ends: into a file that all hosts have.

const fs = require('node:fs');
const {parentPort, workerData} = require('node:worker_threads');
const {run} = require('../../../lib/job');

const {record, ms = 0, isDeaf = false, stops = false, fails = 0, failsLate = false, totals} = workerData;
const {id, fence, trigger, due, attempt, attempts} = run;
const facts = {id, fence, trigger, due: due?.getTime(), attempt, attempts};
const write = (what, more) =>
    fs.appendFileSync(
        record,
        `${JSON.stringify({what, ...facts, host: process.ppid, pid: process.pid, at: Date.now(), ...more})}\n`
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
/** Writes into a table of the user's, as docs/cluster.md says, again and again. */
async function writeTotals() {
    const knex = require('../knex').knexOf(totals.url, {max: 1});
    for (;;) {
        const sentAt = Date.now();
        const mine = knex(totals.table).where('month', '=', totals.month).where('fence', '<=', run.fence);
        const changed = await mine.update({total: process.pid, fence: run.fence});
        write('wrote', {sentAt, changed});
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

write('begin');
if (attempt <= fails) {
    throw new Error(`attempt ${attempt} fails at once`);
}
if (totals !== undefined) {
    void writeTotals();
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
