'use strict';

// Runs jobs with ever more descriptors left over, from none. Each run completes or fails to start for want of
// descriptors, and none is left open by a failure.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const {createManager, runOnce} = require('../../support/runs');

/** More than a start takes: two pipes, /dev/null, the guard's line, the watch. */
const ENOUGH = 16;

const ends = [];
// Without processes that are started ahead of the next run: each has descriptors.
const newManager = () => createManager({after: (end) => ends.push(end)}, {warmWorkers: 0});
const job = () => require('node:worker_threads').parentPort.postMessage('done');

const openDescriptors = () => fs.readdirSync('/proc/self/fd').length - 1;

/** Takes all descriptors there are but some. */
function fill(left) {
    const taken = [];
    try {
        for (;;) {
            taken.push(fs.openSync('/dev/null'));
        }
    } catch (error) {
        assert.equal(error.code, 'EMFILE');
    }
    taken.splice(0, left).forEach((descriptor) => fs.closeSync(descriptor));
    return () => taken.forEach((descriptor) => fs.closeSync(descriptor));
}

async function main() {
    const releaseAll = fill(0);
    assert.throws(newManager, {
        code: 'SYSTEM_ERROR',
        message: /thread cannot be started: Too many open files/
    });
    releaseAll();
    const host = newManager();
    // What is loaded on the first failure, and started with the first run, takes descriptors too.
    await runOnce(host, {name: 'throws', job: () => JSON.parse('{')});
    await runOnce(host, {name: 'first', job});
    const before = openDescriptors();
    const failures = [];
    for (let left = 0; left <= ENOUGH; left += 1) {
        const release = fill(left);
        const {summary, error} = await runOnce(host, {name: `with ${left}`, job});
        release();
        if (error) {
            assert.equal(error.code, 'JOB_FAILED_TO_START', `with ${left}: ${error.message}`);
            assert.equal(error.reason, 'SPAWN_NO_DESCRIPTORS', `with ${left}: ${error.message}`);
            failures.push(left);
        }
        const next = await runOnce(host, {name: `after ${left}`, job});
        assert.equal(next.summary.cause, 'done', `after ${left}: ${summary.cause}`);
        assert.equal(openDescriptors(), before, `left open with ${left}`);
    }
    assert.ok(failures.includes(0) && !failures.includes(ENOUGH), `failed with ${failures}`);
    process.send({what: 'failures', failures});
    process.disconnect();
    await Promise.all(ends.map((end) => end()));
}

main();
