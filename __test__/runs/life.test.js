'use strict';

// The processes that are kept, the host's exit, shutdown, and other versions of Node.js.

const assert = require('node:assert/strict');
const {execFile} = require('node:child_process');
const path = require('node:path');
const {test} = require('node:test');
const {promisify} = require('node:util');
const {startHost} = require('../support/hosts');
const {NODE_MAJORS, nodeBinary} = require('../support/nodes');
const {eventually} = require('../support/processes');
const {createManager} = require('../support/runs');
const {failureOf, jobs, resultOf} = require('./support');

const isAlive = (pid) => {
    try {
        process.kill(pid, 0);
        return true;
    } catch {
        return false;
    }
};

test('processes that are kept let the host exit, and none of them is left behind', async (t) => {
    const host = startHost(t, path.join(__dirname, 'hosts/idle.js'));
    const {pids} = await host.told('ran');
    assert.equal(pids.length, 2);
    assert.deepEqual(await host.ended, [0, null]);
    await eventually('no process left', () => host.pids().length === 0);
});

test('a process that is kept leaves after its idle time', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'echo', job: jobs('echo.js'), reuse: {idle: 20}});
    const {pid} = await resultOf(manager, 'echo');
    await eventually('the end of the process', () => !isAlive(pid));
    assert.notEqual((await resultOf(manager, 'echo')).pid, pid);
});

test('the processes of a job that is removed leave', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'echo', job: jobs('echo.js')});
    const {pid} = await resultOf(manager, 'echo');
    await manager.removeJob('echo');
    await eventually('the end of the process', () => !isAlive(pid));
});

test('shutdown runs what waits, takes nothing more, and ends the processes', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'order', job: jobs('in-order.js'), concurrency: 1});
    await manager.defineJob({name: 'inline', concurrency: 1, job: async (data) => data});
    const runs = await Promise.all(
        Array.from({length: 20}, (_, data) => manager.runJob(data % 2 ? 'order' : 'inline', {data}))
    );
    const over = manager.shutdown();
    await assert.rejects(manager.runJob('order'), {code: 'MANAGER_SHUTTING_DOWN'});
    await over;
    assert.deepEqual([...new Set(runs.map((run) => run.info().state))], ['completed']);
    assert.equal(isAlive((await runs[1].result).pid), false);
    await assert.rejects(manager.runJob('order'), {code: 'MANAGER_SHUT_DOWN'});
    await assert.rejects(manager.defineJob({name: 'late', job: () => {}}), {code: 'MANAGER_SHUT_DOWN'});
});

test('shutdown drops what waits where that is asked for, and tells how many', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'ends', job: jobs('ends.js'), concurrency: 1});
    const going = await manager.runJob('ends', {data: {how: 'until aborted'}});
    const waiting = await Promise.all([1, 2, 3].map(() => manager.runJob('ends', {data: {}})));
    await new Promise((resolve) => going.on('progress', resolve));
    assert.deepEqual(await manager.shutdown({waiting: 'drop'}), {dropped: 3});
    const states = [going, ...waiting].map((run) => run.info().state);
    assert.deepEqual(states, ['cancelled', 'cancelled', 'cancelled', 'cancelled']);
});

test('shutdown ends at its time what has not ended, on this event loop too', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'ends', job: jobs('ends.js'), concurrency: 1});
    await manager.defineJob({name: 'inline', concurrency: 1, job: () => new Promise(() => {})});
    const runs = [
        await manager.runJob('ends', {data: {how: 'never'}}),
        await manager.runJob('ends', {data: {}}),
        await manager.runJob('inline'),
        await manager.runJob('inline')
    ];
    await eventually('the run', () => runs[0].info().state === 'running');
    await assert.rejects(manager.shutdown({timeout: 50}), {code: 'SHUTDOWN_TIMEOUT', dropped: 2});
    for (const run of runs) {
        assert.equal((await failureOf(run)).error.code, 'JOB_CANCELLED');
    }
});

for (const major of NODE_MAJORS) {
    test(`handlers on Node.js ${major}`, async () => {
        const host = path.join(__dirname, 'hosts/basics.js');
        const {stdout} = await promisify(execFile)(nodeBinary(major), [host]);
        assert.deepEqual(JSON.parse(stdout.split('\n').find((line) => line.startsWith('{'))), {
            isReused: true,
            esm: {a: 1},
            inline: 2,
            thrown: 'NO_THING',
            exited: 'JOB_EXIT_CODE',
            killed: 'JOB_SIGNAL',
            none: 'HANDLER_MISSING'
        });
    });
}
