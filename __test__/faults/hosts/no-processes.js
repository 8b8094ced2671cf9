'use strict';

// Runs a job when the test asks for it. Argument: the user to become, if the host is root.

const {leaveRoot} = require('../../support/processes');
const {createManager, runOnce} = require('../../support/runs');

leaveRoot(Number(process.argv[2]));

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
