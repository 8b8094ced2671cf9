'use strict';

// A `node` that is missing, broken, or does not get as far as the job. Each fails one run with an error that says
// what was wrong; once it is mended, the same manager's next run works.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const {createManager, runEnd, runOnce} = require('../support/runs');
const {temporaryFolder} = require('../support/temporary-folder');

const NODE = process.execPath;
/** Frames as a worker writes them: length, kind, payload. READY says `{}`. */
const SAY_READY = String.raw`printf '\002\000\000\000\001{}' >&4`;

/** A manager whose workers are run by a file that the test writes. */
function managerWithNode(t, options) {
    const file = path.join(temporaryFolder(t), 'node');
    process.execPath = file;
    t.after(() => {
        process.execPath = NODE;
    });
    const host = createManager(t, options);
    process.execPath = NODE;
    return {...host, file, mend: () => mend(file)};
}

function mend(file) {
    fs.rmSync(file, {force: true, recursive: true});
    fs.symlinkSync(NODE, file);
}

function writeScript(file, text) {
    fs.writeFileSync(file, `#!/bin/sh\n${text}\n`, {mode: 0o755});
}

const faults = {
    'is missing': {
        prepare: () => {},
        reason: 'SPAWN_PROGRAM_MISSING',
        message: /failed to start: program .*node does not exist/
    },
    'is not executable': {
        prepare: (file) => fs.writeFileSync(file, '#!/bin/sh\n', {mode: 0o644}),
        reason: 'SPAWN_NOT_EXECUTABLE',
        message: /failed to start: program .*node is not executable/
    },
    'is a folder': {
        prepare: (file) => fs.mkdirSync(file),
        reason: 'SPAWN_NOT_EXECUTABLE',
        message: /failed to start/
    },
    'is no program': {
        prepare: (file) => fs.writeFileSync(file, 'nonsense', {mode: 0o755}),
        reason: 'SPAWN_BAD_FORMAT',
        message: /failed to start: program .*node is not in a format/
    },
    'has no interpreter': {
        prepare: (file) => fs.writeFileSync(file, '#!/no/such/shell\n', {mode: 0o755}),
        reason: 'SPAWN_PROGRAM_MISSING',
        message: /failed to start/
    },
    'exits at once': {
        prepare: (file) => writeScript(file, 'exit 3'),
        reason: 'WORKER_BOOT_FAILED',
        message: /failed to start: .*ended before it reached the job \(exit code 3\)/
    },
    'is killed at once': {
        prepare: (file) => writeScript(file, 'kill -9 $$'),
        reason: 'WORKER_BOOT_FAILED',
        message: /failed to start: .*ended before it reached the job \(signal 9\)/
    },
    'dies in the handshake': {
        prepare: (file) => writeScript(file, `${SAY_READY}; exit 4`),
        reason: 'WORKER_BOOT_FAILED',
        message: /failed to start: .*ended before it reached the job \(exit code 4\)/
    },
    hangs: {
        prepare: (file) => writeScript(file, 'sleep 1000'),
        reason: 'WORKER_BOOT_TIMEOUT',
        message: /failed to start: .*did not reach the job within 2500 ms/,
        options: {startTimeout: 2500}
    },
    'hangs in the handshake': {
        prepare: (file) => writeScript(file, `${SAY_READY}; sleep 1000`),
        reason: 'WORKER_BOOT_TIMEOUT',
        message: /failed to start: .*did not reach the job within 2500 ms/,
        options: {startTimeout: 2500}
    }
};

for (const [what, {prepare, reason, message, options}] of Object.entries(faults)) {
    test(`a node that ${what} fails one run, and the next works`, async (t) => {
        const host = managerWithNode(t, options);
        prepare(host.file);
        const {summary, error} = await runOnce(host, {name: 'broken', job: () => {}});
        assert.equal(summary.cause, 'start');
        assert.equal(error.code, 'JOB_FAILED_TO_START');
        assert.equal(error.reason, reason);
        assert.match(error.message, message);
        host.mend();
        const next = await runOnce(host, {name: 'mended', job: () => {}});
        assert.equal(next.summary.exitCode, 0);
    });
}

test('a node that talks nonsense is ended', async (t) => {
    const host = managerWithNode(t);
    writeScript(host.file, 'echo nonsense >&4; sleep 1000');
    const {error} = await runOnce(host, {name: 'broken', job: () => {}});
    assert.equal(error.code, 'JOB_CHANNEL_BROKEN');
    assert.match(error.message, /frame of \d+ bytes, more than the limit/);
    host.mend();
    assert.equal((await runOnce(host, {name: 'mended', job: () => {}})).summary.exitCode, 0);
});

test('starts that fail again and again are tried less and less often, until one works', async (t) => {
    const host = managerWithNode(t);
    const folder = path.dirname(host.file);
    writeScript(host.file, ': > "$0.started.$$"; exit 3');
    for (const name of ['first', 'second', 'third', 'fourth']) {
        const {error} = await runOnce(host, {name, job: () => {}});
        assert.equal(error.reason, 'WORKER_BOOT_FAILED');
    }
    const starts = fs
        .readdirSync(folder)
        .filter((name) => name.startsWith('node.started.'))
        .map((name) => fs.statSync(path.join(folder, name)).mtimeMs)
        .toSorted((one, other) => one - other);
    const pauses = starts.slice(1).map((start, index) => start - starts[index]);
    assert.equal(pauses.length, 3);
    // File times come from a clock with ticks of up to 10 ms.
    [100, 200, 400].forEach((leastMs, index) => assert.ok(pauses[index] >= leastMs - 10, `${pauses} ms`));
    host.mend();
    assert.equal((await runOnce(host, {name: 'mended', job: () => {}})).summary.exitCode, 0);
});

test('a spare that cannot be started costs no run', async (t) => {
    const host = managerWithNode(t, {warmWorkers: 1});
    const ended = runEnd(host.manager, 'job');
    // Registered while spares fail to start; due once they do not.
    await host.manager.addJob({name: 'job', job: () => {}, at: new Date(Date.now() + 600)});
    host.mend();
    assert.equal((await ended).exitCode, 0);
    assert.deepEqual(host.errors, []);
});

test('a job with flags that node does not know fails to start, and others do not', async (t) => {
    const host = createManager(t);
    const flags = {execArgv: ['--no-such-flag'], stderr: true};
    const {error} = await runOnce(host, {name: 'flags', job: () => {}, worker: flags});
    assert.equal(error.reason, 'WORKER_BOOT_FAILED');
    assert.equal((await runOnce(host, {name: 'plain', job: () => {}})).summary.exitCode, 0);
});

test('arguments and variables that cannot be passed to a process fail the run', async (t) => {
    const host = createManager(t);
    const long = {execArgv: [`--title=${'x'.repeat(4 * 1024 * 1024)}`]};
    const {error} = await runOnce(host, {name: 'long', job: () => {}, worker: long});
    assert.equal(error.reason, 'SPAWN_ARGUMENTS_TOO_LONG');
    const nul = await runOnce(host, {name: 'nul', job: () => {}, worker: {env: {NUL: 'a\0b'}}});
    assert.equal(nul.error.reason, 'SPAWN_UNPASSABLE_TEXT');
    assert.equal((await runOnce(host, {name: 'plain', job: () => {}})).summary.exitCode, 0);
});
