'use strict';

// A run grows beyond its memory limit when the test asks for it. Argument: the user to become, if the host is root.

const {leaveRoot} = require('../../support/processes');
const {createManager, runEnd, startUntil} = require('../../support/runs');

leaveRoot(Number(process.argv[2]));

const ends = [];
const {manager, errors} = createManager({after: (end) => ends.push(end)});
const job = () => {
    const {parentPort} = require('node:worker_threads');
    const kept = [];
    parentPort.on('message', () => {
        setInterval(() => kept.length < 60 && kept.push(Buffer.alloc(10 << 20, 1)), 20);
    });
    parentPort.postMessage('ready');
};

async function main() {
    const ended = runEnd(manager, 'job');
    const worker = await startUntil(manager, {name: 'job', job, memoryLimitMb: 150});
    process.once('message', () => worker.postMessage('grow'));
    process.send({what: 'ready'});
    const {cause} = await ended;
    await manager.removeJob('job').catch(() => {});
    process.send({what: 'end', cause, code: errors[0]?.error.code});
    await Promise.all(ends.map((end) => end()));
    process.disconnect();
}

main();
