'use strict';

// What jobs print, and what happens when they cannot.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const path = require('node:path');
const {test} = require('node:test');
const {startHost} = require('../support/hosts');
const {eventually} = require('../support/processes');
const {createManager, runEnd, runOnce} = require('../support/runs');

const MB = 1024 * 1024;
const SIZE = 20 * MB;

/** Prints 20 MB in large and small pieces, then ends at once. */
const PRINTS = () => {
    const {parentPort, workerData} = require('node:worker_threads');
    const line = `${'x'.repeat(1023)}\n`;
    for (let index = 0; index < 20 * 1024; index += 1) {
        process[workerData.stream].write(line);
    }
    if (workerData.end === 'done') {
        parentPort.postMessage('done');
    } else {
        process.exit(0);
    }
};

/** Runs a job with captured output, and counts what comes. */
async function countOutput(manager, job) {
    const counts = {stdout: 0, stderr: 0};
    manager.bree.once('worker created', (name) => {
        const worker = manager.bree.workers.get(name);
        for (const stream of ['stdout', 'stderr']) {
            worker[stream]?.on('data', (chunk) => {
                counts[stream] += chunk.length;
            });
        }
    });
    const ended = runEnd(manager, job.name);
    await manager.addJob(job);
    return {summary: await ended, counts};
}

for (const stream of ['stdout', 'stderr']) {
    for (const end of ['done', 'exit']) {
        test(`megabytes on ${stream} arrive whole before '${end}'`, async (t) => {
            const {manager} = createManager(t);
            const job = {name: 'job', job: PRINTS, data: {stream, end}, worker: {[stream]: true}};
            const {summary, counts} = await countOutput(manager, job);
            assert.equal(summary.cause, end);
            assert.deepEqual(counts, {stdout: 0, stderr: 0, [stream]: SIZE});
        });
    }
}

/** What the native side reads ahead of the host's stream; that stream holds a piece more, and what it may hold before it. */
const READ_AHEAD = MB + 64 * 1024;

for (const stream of ['stdout', 'stderr']) {
    test(`a job whose ${stream} is captured and not read waits beyond 1 MiB, with a warning, until it is read`, async (t) => {
        const {manager, logs} = createManager(t);
        const created = once(manager.bree, 'worker created');
        const ended = runEnd(manager, 'unread');
        const data = {stream, end: 'exit'};
        await manager.addJob({name: 'unread', job: PRINTS, data, worker: {[stream]: true}});
        const worker = manager.bree.workers.get((await created)[0]);
        const unread = () => worker[stream].readableLength + worker[stream].writableLength;
        await eventually('it prints', () => unread() > READ_AHEAD / 2);
        // Another job prints as much, from its first byte to its last, while this one waits.
        const job = {name: 'read', job: PRINTS, data, worker: {[stream]: true}};
        await countOutput(manager, job);
        const most = READ_AHEAD + worker[stream].readableHighWaterMark;
        assert.ok(unread() <= most, `${unread()} bytes are unread`);
        const warnings = logs.filter(({level}) => level === 'warn').map(({text}) => text);
        assert.equal(warnings.length, 1);
        assert.match(
            warnings[0],
            new RegExp(
                `Job "unread" writes to ${stream}, which is captured but not read .option worker.${stream}.`
            )
        );
        let length = 0;
        worker[stream].on('data', (chunk) => {
            length += chunk.length;
        });
        assert.equal((await ended).exitCode, 0);
        assert.equal(length, SIZE);
    });
}

test('a job that waits for its output to be read is cancelled in time', async (t) => {
    const {manager, logs} = createManager(t);
    const ended = runEnd(manager, 'job');
    const job = {name: 'job', job: PRINTS, data: {stream: 'stdout', end: 'exit'}, worker: {stdout: true}};
    await manager.addJob({...job, timeout: 1000, gracePeriod: 50});
    assert.equal((await ended).cause, 'timeout');
    assert.equal(logs.filter(({level}) => level === 'warn').length, 1);
});

test("megabytes on the host's own standard output arrive whole", async (t) => {
    const {child} = startHost(t, path.join(__dirname, 'hosts/prints.js'));
    let length = 0;
    child.stdout.on('data', (text) => {
        length += text.length;
    });
    assert.deepEqual(await once(child, 'close'), [0, null]);
    assert.equal(length, SIZE);
});

test("a reader of the host's standard output that goes away fails no job", async (t) => {
    const {child, told} = startHost(t, path.join(__dirname, 'hosts/prints.js'));
    child.stdout.destroy();
    const {cause, exitCode} = await told('end');
    assert.equal(cause, 'exit');
    assert.equal(exitCode, 0);
});

for (const [what, text] of Object.entries({
    'closes its standard output': 'require("node:fs").closeSync(1);',
    'closes all its output': 'require("node:fs").closeSync(1); require("node:fs").closeSync(2);',
    'ends its standard output': 'process.stdout.end();',
    'destroys its standard output': 'process.stdout.destroy();'
})) {
    test(`a job that ${what} and prints costs the host nothing`, async (t) => {
        const host = createManager(t);
        const job = new Function(`${text} console.log('into the void');`);
        const {summary} = await runOnce(host, {name: 'job', job, worker: {stdout: true, stderr: true}});
        assert.ok(['exit', 'error'].includes(summary.cause), summary.cause);
        const next = await runOnce(host, {name: 'next', job: () => {}});
        assert.equal(next.summary.exitCode, 0);
    });
}
