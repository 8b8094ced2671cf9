'use strict';

// A host with one job that prints a gigabyte, and how much memory that took the host.

const {createManager, runOnce} = require('../../support/runs');

const ends = [];
const host = createManager({after: (end) => ends.push(end)});
const output = process.argv[2];

/** Prints so many megabytes. */
function floods() {
    const {writeSync} = require('node:fs');
    const {megabytes} = require('node:worker_threads').workerData;
    const piece = Buffer.alloc(1024 * 1024, '0123456789abcde\n');
    for (let printed = 0; printed < megabytes; printed += 1) {
        for (let written = 0; written < piece.length;) {
            written += writeSync(1, piece, written);
        }
    }
}

async function main() {
    // The first one loads what the second one needs.
    await runOnce(host, {name: 'first', job: floods, output, data: {megabytes: 1}});
    const before = process.memoryUsage.rss();
    let most = before;
    const timer = setInterval(() => {
        most = Math.max(most, process.memoryUsage.rss());
    }, 5);
    const ended = new Promise((resolve) => host.manager.events.once('run ended', resolve));
    await runOnce(host, {name: 'floods', job: floods, output, data: {megabytes: 1024}});
    clearInterval(timer);
    const {run} = await ended;
    process.send({what: 'end', run, more: most - before, stats: host.manager.stats()});
    process.disconnect();
    await Promise.all(ends.map((end) => end()));
}

main();
