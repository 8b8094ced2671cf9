'use strict';

// A host whose jobs print as they are told, and which answers meanwhile.

const path = require('node:path');
const {createManager} = require('../../support/runs');

const HANDLER = path.join(__dirname, '..', 'jobs', 'prints.js');

const ends = [];
const {manager} = createManager({after: (end) => ends.push(end)});
const tell = (what, more) => process.send({what, ...more});

// Makes a pipe one that does not block, as Node does with its own.
for (const stream of [process.stdout, process.stderr]) {
    // Whoever reads may go away.
    stream.on('error', () => {}).write('');
}

manager.events.on('run ended', ({run}) => {
    const {text, totalBytes, droppedBytes} = manager.output(run.id);
    tell('ended', {run, text, totalBytes, droppedBytes});
    if (run.job === 'last') {
        process.exit();
    }
});

/** Prints so many bytes in lines of 1,024. */
function prints() {
    const {
        workerData: {stream, bytes}
    } = require('node:worker_threads');
    const line = `${'x'.repeat(1023)}\n`;
    for (let printed = 0; printed < bytes; printed += line.length) {
        process[stream].write(line);
    }
}

process.on('message', async ({what, ...options}) => {
    if (what === 'add') {
        await manager.addJob({job: prints, output: 'both', ...options});
    } else if (what === 'call') {
        await manager.defineJob({name: 'handler', job: HANDLER, output: 'both', concurrency: 1});
        const run = await manager.runJob('handler', {data: options});
        await run.result;
    } else if (what === 'time') {
        tell('time', {rss: process.memoryUsage.rss()});
    } else {
        await Promise.all(ends.map((end) => end()));
        process.disconnect();
    }
});
