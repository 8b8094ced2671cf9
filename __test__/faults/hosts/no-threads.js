'use strict';

// A run with a memory limit grows beyond it when the test says so; as the user given, should the host be root.

const {createManager, runEnd, startUntil} = require('../../support/runs');

if (process.getuid() === 0) {
    const user = Number(process.argv[2]);
    process.setgid(user);
    process.setuid(user);
}

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
