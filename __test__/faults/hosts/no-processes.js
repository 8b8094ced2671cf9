'use strict';

// Runs a job when the test says so; as the user given, should it be root.

const {createManager, runOnce} = require('../../support/runs');

if (process.getuid() === 0) {
    const user = Number(process.argv[2]);
    process.setgid(user);
    process.setuid(user);
}

const ends = [];
const host = createManager({after: (end) => ends.push(end)});
let runs = 0;

process.on('message', async (message) => {
    if (message === 'end') {
        process.disconnect();
        await Promise.all(ends.map((end) => end()));
        return;
    }
    runs += 1;
    const job = () => require('node:worker_threads').parentPort.postMessage('done');
    const {summary, error} = await runOnce(host, {name: `run ${runs}`, job});
    process.send({what: 'run', cause: summary.cause, code: error?.code, reason: error?.reason});
});
process.send({what: 'ready'});
