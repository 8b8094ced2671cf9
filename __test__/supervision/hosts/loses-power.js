'use strict';

// A host that starts a job as root, which hears nothing, becomes another user, and stops the job. Argument: the user.

const {leaveRoot} = require('../../support/processes');
const {createManager, startUntil} = require('../../support/runs');

const user = Number(process.argv[2]);

/** The outcome of a request, as one message can carry it. */
const outcome = (promise) =>
    promise.then(
        () => ({}),
        ({name, code, message, pids}) => ({name, code, message, pids})
    );

const HEARS_NOTHING = () => {
    require('node:worker_threads').parentPort.postMessage('ready');
    for (;;);
};

async function main() {
    const host = createManager({after: () => {}}, {gracePeriod: 50});
    const {manager, errors} = host;
    const {pid} = await startUntil(manager, {name: 'job', job: HEARS_NOTHING, gracePeriod: 50});
    process.send({what: 'started', pid});
    leaveRoot(user);
    const removed = await outcome(manager.removeJob('job'));
    const shut = await outcome(manager.shutdown({timeout: 2000}));
    process.send({what: 'stopped', removed, shut, reported: errors.map(({error}) => error.code)});
    process.disconnect();
}

void main();
