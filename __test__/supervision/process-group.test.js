'use strict';

// What a job starts ends with its run, however that ends.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const {test} = require('node:test');
const {eventually, markedEnvironment} = require('../support/processes');
const {createManager, runEnd, runOnce, startUntil} = require('../support/runs');

/** Starts a program that ignores all signals but SIGKILL, and reports when it runs. */
const START_STUBBORN = `
    const {spawn} = require('node:child_process');
    const {parentPort} = require('node:worker_threads');
    const child = spawn('sh', ['-c', "trap '' TERM INT HUP; echo started; sleep 1000 & sleep 1000; wait"]);
    child.stdout.once('data', () => {
        parentPort.postMessage('ready');
        END;
    });
`;

const startsChild = (end) => new Function(START_STUBBORN.replace('END', end));

const ends = {
    "posts 'done'": {end: "parentPort.postMessage('done')", cause: 'done'},
    'exits with a code': {end: 'process.exit(3)', cause: 'exit'},
    throws: {end: "throw new Error('no')", cause: 'error'},
    'kills itself': {end: "process.kill(process.pid, 'SIGKILL')", cause: 'signal'}
};

for (const [what, {end, cause}] of Object.entries(ends)) {
    test(`the children of a job that ${what} end with it`, async (t) => {
        const {env, pids} = markedEnvironment();
        const host = createManager(t);
        const {summary} = await runOnce(host, {name: 'job', job: startsChild(end), worker: {env}});
        assert.equal(summary.cause, cause);
        await eventually('the end of every process of the run', () => pids().length === 0);
    });
}

for (const [what, limit] of Object.entries({'over its time limit': {timeout: 2000}, removed: {}})) {
    test(`the children of a job that is ${what} end with it`, async (t) => {
        const {env, pids} = markedEnvironment();
        const {manager} = createManager(t);
        const job = {name: 'job', job: startsChild(''), gracePeriod: 50, worker: {env}, ...limit};
        const ended = runEnd(manager, 'job');
        await startUntil(manager, job);
        await eventually('the job and what it started', () => pids().length >= 3);
        if (!limit.timeout) {
            await manager.removeJob('job');
        }
        await ended;
        await eventually('the end of every process of the run', () => pids().length === 0);
    });
}

test('each run has a process group of its own, and a title that names the job', async (t) => {
    const {manager} = createManager(t);
    const job = () => {
        require('node:worker_threads').parentPort.postMessage('ready');
        setInterval(() => {}, 1000);
    };
    for (const name of ['first', 'second']) {
        const {pid} = await startUntil(manager, {name, job});
        assert.equal(groupOf(pid), pid);
        assert.equal(titleOf(pid), `job: ${name}`);
    }
    const named = await startUntil(manager, {name: 'third', job, worker: {name: 'mail for members'}});
    assert.equal(titleOf(named.pid), 'mail for members');
});

/** The fifth field of /proc/PID/stat; the second may contain anything. */
function groupOf(pid) {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
}

function titleOf(pid) {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/[\0 ]+$/, '');
}
