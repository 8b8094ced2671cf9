'use strict';

// A system that has no descriptors, processes or memory left. Provoked in hosts of their own.

const assert = require('node:assert/strict');
const {execFileSync} = require('node:child_process');
const path = require('node:path');
const {test} = require('node:test');
const {startHost} = require('../support/hosts');
const {NOBODY, publicCopy} = require('../support/public-copy');
const {createManager, runOnce} = require('../support/runs');

const hostFile = (name) => path.join(__dirname, 'hosts', `${name}.js`);

test('no descriptors left: the run fails, nothing stays open, and the next run works', async (t) => {
    const {told, ended} = startHost(t, hostFile('no-descriptors'), {limits: '-n 80'});
    const {failures} = await told('failures');
    assert.deepEqual(await ended, [0, null]);
    // A start takes several, so there are several numbers that are too few.
    assert.ok(failures.length > 4, `${failures}`);
});

/** Calls `prlimit` for a process; as its user, whom it has then. */
function prlimit({pid}, ...args) {
    const asHost = process.getuid() === 0 ? {uid: NOBODY, gid: NOBODY} : {};
    return execFileSync('prlimit', [`--pid=${pid}`, ...args], {...asHost, encoding: 'utf8'});
}

/** A host that becomes another user, if it is root: these limits do not bind root. */
function startUnprivileged(t, host) {
    const file = path.join(publicCopy(t, '__test__/faults/hosts'), `${host}.js`);
    return startHost(t, file, {args: [String(NOBODY)]});
}

// By prlimit of util-linux, which sets a limit of a process that runs already. There is no limit on memory that
// makes a fork fail: the start shares the host's memory until the program runs, so nothing has to be found for it.
if (process.platform === 'linux') {
    test('no process left: the run fails, and the next works', async (t) => {
        const {child, told, ended} = startUnprivileged(t, 'no-processes');
        const run = () => {
            child.send('run');
            return told('run');
        };
        await told('ready');
        assert.equal((await run()).cause, 'done');
        const before = prlimit(child, '--nproc', '--output=SOFT', '--noheadings').trim();
        prlimit(child, '--nproc=1:');
        for (const attempt of ['first', 'second']) {
            assert.deepEqual(
                await run(),
                {what: 'run', cause: 'start', code: 'JOB_FAILED_TO_START', reason: 'SPAWN_NO_RESOURCES'},
                attempt
            );
        }
        prlimit(child, `--nproc=${before}:`);
        assert.equal((await run()).cause, 'done');
        child.send('end');
        assert.deepEqual(await ended, [0, null]);
    });

    test('no thread left: the memory limit of a run is kept, and its end is reported', async (t) => {
        const {child, told, ended} = startUnprivileged(t, 'no-threads');
        await told('ready');
        prlimit(child, '--nproc=1:');
        child.send('grow');
        assert.deepEqual(await told('end'), {what: 'end', cause: 'memory', code: 'JOB_MEMORY_LIMIT'});
        assert.deepEqual(await ended, [0, null]);
    });
}

test('a job that runs out of heap ends by its own signal, and the host lives', async (t) => {
    const host = createManager(t);
    const job = () => {
        const kept = [];
        for (;;) {
            kept.push(new Array(1000).fill(kept.length));
        }
    };
    const worker = {resourceLimits: {maxOldGenerationSizeMb: 20}, stderr: true};
    const {summary, error} = await runOnce(host, {name: 'greedy', job, worker});
    assert.equal(error.code, 'JOB_SIGNAL');
    assert.match(error.signal, /^SIG(ABRT|ILL|TRAP)$/);
    assert.ok(summary.peakMemoryBytes > 0);
    const next = await runOnce(host, {name: 'next', job: () => {}});
    assert.equal(next.summary.exitCode, 0);
});

test('a job that exhausts its stack fails with the RangeError', async (t) => {
    const host = createManager(t);
    const job = () => {
        const deeper = () => deeper() + 1;
        deeper();
    };
    const {error} = await runOnce(host, {name: 'deep', job});
    assert.ok(error instanceof RangeError, error);
});
