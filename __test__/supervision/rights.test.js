'use strict';

// Hosts that change their rights while they have spares or running jobs. Where these tests are not run as root, the
// hosts change what any user may (file mode mask, niceness), and can kill all that they have started.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const {startHost} = require('../support/hosts');
const {eventually} = require('../support/processes');
const {NOBODY, publicCopy} = require('../support/public-copy');

const isRoot = process.getuid?.() === 0;

function startProgram(t, program, ...args) {
    const file = path.join(publicCopy(t, '__test__/supervision/hosts'), program);
    return startHost(t, file, {args: [NOBODY, ...args].map(String)});
}

/** What a host told that changed its rights before the job was due, which a busy machine may prevent. */
async function changedInTime(t, leadMs) {
    for (;;) {
        const {told, ended} = startProgram(t, 'changes-rights.js', leadMs);
        const rights = await told('rights');
        assert.deepEqual(await ended, [0, null]);
        if (rights.wasInTime) {
            return rights;
        }
    }
}

// The spare is idle, boots perhaps, or has been given the job.
for (const leadMs of [700, 100, 6]) {
    test(`a job has the rights that its host has, changed ${leadMs} ms before it was due`, async (t) => {
        const {ofJob, uid, gid} = await changedInTime(t, leadMs);
        const groups = isRoot ? [] : process.getgroups();
        assert.equal(uid, isRoot ? NOBODY : process.getuid());
        assert.deepEqual(
            {...ofJob, groups: ofJob.groups.filter((group) => group !== gid)},
            {uid, gid, groups: groups.filter((group) => group !== gid), umask: 0o027, nice: 3}
        );
    });
}

test('a job that may not be killed is reported, settles every request, and does not hold its host', async (t) => {
    const {told, ended} = startProgram(t, 'loses-power.js');
    const {pid} = await told('started');
    const {removed, shut, reported} = await told('stopped');
    assert.deepEqual(await ended, [0, null]);
    // Its guard, which still is root, ends it with the host.
    await eventually('the end of the job', () => !isAlive(pid));
    if (!isRoot) {
        assert.deepEqual([removed, shut, reported], [{}, {}, []]);
        return;
    }
    for (const outcome of [removed, shut]) {
        assert.equal(outcome.code, 'WORKER_NOT_STOPPED');
        assert.deepEqual(outcome.pids, [pid]);
        assert.match(outcome.message, /could not be killed: Operation not permitted/);
        assert.doesNotMatch(outcome.message, /were killed/);
    }
    assert.deepEqual(reported, ['JOB_NOT_STOPPED']);
});

/** A zombie has ended: who waits for it is no matter here. */
function isAlive(pid) {
    try {
        return !/\) [ZX] /.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
        return false;
    }
}
