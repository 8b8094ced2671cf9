'use strict';

// A host that has a spare, changes its rights, and then runs a job, which posts the rights that it has. Arguments: the user to
// become, when this one is root; how many milliseconds before the job is due.

const os = require('node:os');
const {leaveRoot} = require('../../support/processes');
const {createManager, runEnd} = require('../../support/runs');

const [user, leadMs] = process.argv.slice(2).map(Number);

const TELLS_RIGHTS = () => {
    require('node:worker_threads').parentPort.postMessage({
        uid: process.getuid(),
        gid: process.getgid(),
        groups: process.getgroups(),
        umask: process.umask(),
        nice: require('node:os').getPriority()
    });
};

function changeRights() {
    process.umask(0o027);
    os.setPriority(3);
    if (process.getuid() === 0) {
        process.setgroups([]);
    }
    leaveRoot(user);
}

async function main() {
    const {manager, messages} = createManager({after: () => {}}, {warmWorkers: 1});
    const ended = runEnd(manager, 'job');
    const dueMs = Date.now() + 1500;
    await manager.addJob({name: 'job', job: TELLS_RIGHTS, at: new Date(dueMs)});
    let wasInTime;
    setTimeout(
        () => {
            changeRights();
            wasInTime = Date.now() < dueMs;
        },
        dueMs - leadMs - Date.now()
    );
    await ended;
    const ofJob = messages[0].message;
    process.send({what: 'rights', wasInTime, ofJob, uid: process.getuid(), gid: process.getgid()});
    await manager.shutdown();
    process.disconnect();
}

void main();
