'use strict';

// What a job can do to its private channel, by accident or not. It costs its own run and nothing else.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {createManager, runOnce, startUntil, runEnd} = require('../support/runs');

const MB = 1024 * 1024;

/** What the job does; `fs`, `parentPort` and `frame` are at hand, and it goes on until it is ended. */
function jobThat(text) {
    return new Function(`
        const fs = require('node:fs');
        const {parentPort} = require('node:worker_threads');
        const frame = (length, kind, payload = '') => {
            const header = Buffer.alloc(5);
            header.writeUInt32LE(length);
            header[4] = kind;
            fs.writeSync(4, Buffer.concat([header, Buffer.from(payload)]));
        };
        setInterval(() => {}, 1000);
        ${text}
    `);
}

async function nextRunWorks(host) {
    const {summary, messages} = await runOnce(host, {
        name: 'next',
        job: () => require('node:worker_threads').parentPort.postMessage('done')
    });
    assert.equal(summary.cause, 'done');
    assert.deepEqual(messages, ['done']);
}

const nonsense = {
    'text instead of frames': {does: "fs.writeSync(4, 'hello, host!')", says: /more than the limit/},
    'a frame of unknown kind': {does: 'frame(0, 99)', says: /a frame of unknown kind 99/},
    'a frame longer than the limit': {does: 'frame(2 ** 32 - 1, 2)', says: /a frame of 4294967295 bytes/},
    'a message that is not a structured clone': {
        does: "frame(5, 2, 'hello')",
        says: /a message that cannot be deserialized/
    },
    'an empty message': {does: 'frame(0, 2)', says: /a message that cannot be deserialized/},
    'an error that is not a structured clone': {
        does: "frame(5, 5, 'hello'); process.exit(1)",
        says: /an error that cannot be deserialized/
    },
    'half a frame, then an exit': {
        does: "frame(100, 2, 'half'); process.exit(0)",
        says: /it closed its channel in the middle of a frame/
    }
};

for (const [what, {does, says}] of Object.entries(nonsense)) {
    test(`${what} ends the run with JOB_CHANNEL_BROKEN`, async (t) => {
        const host = createManager(t);
        const {error, messages} = await runOnce(host, {name: 'job', job: jobThat(does)});
        assert.equal(error.code, 'JOB_CHANNEL_BROKEN');
        assert.match(error.message, says);
        assert.deepEqual(messages, []);
        await nextRunWorks(host);
    });
}

test('frames out of their order change nothing', async (t) => {
    const host = createManager(t);
    const job = jobThat("frame(2, 1, '{}'); frame(0, 6); parentPort.postMessage('done');");
    const {summary, messages} = await runOnce(host, {name: 'job', job});
    assert.equal(summary.cause, 'done');
    assert.deepEqual(messages, ['done']);
});

test('half a frame does not hide the signal that ended its process', async (t) => {
    const host = createManager(t);
    const job = jobThat("frame(100, 2, 'half'); process.kill(process.pid, 'SIGKILL')");
    const {error} = await runOnce(host, {name: 'job', job});
    assert.equal(error.code, 'JOB_SIGNAL');
    assert.equal(error.signal, 'SIGKILL');
});

test('half a frame does not hide an exit code', async (t) => {
    const host = createManager(t);
    const {error} = await runOnce(host, {name: 'job', job: jobThat("frame(9, 2, 'half'); process.exit(3)")});
    assert.equal(error.code, 'JOB_EXIT_CODE');
    assert.equal(error.exitCode, 3);
});

test('a job that closes its channel to the host and goes on is ended', async (t) => {
    const host = createManager(t);
    const {error} = await runOnce(host, {name: 'job', job: jobThat('fs.closeSync(4)')});
    assert.equal(error.code, 'JOB_CHANNEL_BROKEN');
    assert.match(error.message, /it closed its channel/);
    await nextRunWorks(host);
});

test('a job that closes its channel to the host and ends is judged by its exit code', async (t) => {
    const host = createManager(t);
    const good = await runOnce(host, {name: 'good', job: jobThat('fs.closeSync(4); process.exit(0)')});
    assert.equal(good.summary.exitCode, 0);
    const bad = await runOnce(host, {name: 'bad', job: jobThat('fs.closeSync(4); process.exit(3)')});
    assert.equal(bad.error.exitCode, 3);
});

test('a job that closes its channel to the host and then posts fails', async (t) => {
    const host = createManager(t);
    const job = jobThat("fs.closeSync(4); parentPort.postMessage('lost')");
    const {summary, error} = await runOnce(host, {name: 'job', job});
    assert.notEqual(summary.cause, 'done');
    assert.ok(error.code, error.message);
    await nextRunWorks(host);
});

test('a job that closes its channel from the host can still be ended', async (t) => {
    const host = createManager(t);
    const job = jobThat("parentPort.postMessage('ready'); setTimeout(() => fs.closeSync(3), 50)");
    const worker = await startUntil(host.manager, {name: 'job', job, gracePeriod: 100});
    const ended = runEnd(host.manager, 'job');
    worker.postMessage('into the void');
    await host.manager.removeJob('job');
    assert.equal((await ended).cause, 'cancelled');
    await nextRunWorks(host);
});

test('a job that closes its channel from the host before it was read fails', async (t) => {
    const host = createManager(t);
    const {error} = await runOnce(host, {name: 'job', job: jobThat('fs.closeSync(3)')});
    // The worker begins to read about when the job begins: it sees what was done, or its host does.
    assert.match(error.code, /^(ERR_WORKER_PROTOCOL|JOB_CHANNEL_BROKEN)$/);
    assert.match(error.message, /descriptor 3, was closed|it closed its channel/);
    await nextRunWorks(host);
});

test('a job that closes its channel from the host while it is read, and goes on, is ended', async (t) => {
    const host = createManager(t);
    const ended = runEnd(host.manager, 'job');
    const job = jobThat("parentPort.once('message', () => fs.closeSync(3)); parentPort.postMessage('ready')");
    const worker = await startUntil(host.manager, {name: 'job', job});
    worker.postMessage('close it');
    assert.equal((await ended).cause, 'channel');
    assert.match(host.errors[0].error.message, /it closed its channel/);
    await nextRunWorks(host);
});

test('a job that closes both ends and goes on is ended', async (t) => {
    const host = createManager(t);
    const {error} = await runOnce(host, {name: 'job', job: jobThat('fs.closeSync(3); fs.closeSync(4)')});
    assert.ok(error.code, error.message);
    await nextRunWorks(host);
});

test('a job killed in the middle of a large message fails by the signal, and nothing of the message arrives', async (t) => {
    const host = createManager(t);
    const job = () => {
        const {parentPort} = require('node:worker_threads');
        require('node:child_process').spawn('sh', ['-c', `sleep 0.05; kill -9 ${process.pid}`]);
        // Writing blocks: nearly all of the time is spent in the middle of a message.
        for (;;) {
            parentPort.postMessage(Buffer.alloc(64 * 1024 * 1024));
        }
    };
    const {error, messages} = await runOnce(host, {name: 'job', job});
    assert.equal(error.code, 'JOB_SIGNAL');
    messages.forEach((message) => assert.equal(message.length, 64 * MB));
    await nextRunWorks(host);
});

test('a message of 64 MiB arrives whole, both ways', async (t) => {
    const {manager} = createManager(t);
    const job = () => {
        const {parentPort} = require('node:worker_threads');
        parentPort.on('message', (message) => parentPort.postMessage(message));
        parentPort.postMessage('ready');
    };
    const worker = await startUntil(manager, {name: 'job', job, gracePeriod: 0});
    const sent = Buffer.alloc(64 * MB);
    for (let offset = 0; offset < sent.length; offset += 4099) {
        sent[offset] = offset % 251;
    }
    const returned = new Promise((resolve) => worker.once('message', resolve));
    worker.postMessage(sent);
    assert.ok(sent.equals(await returned));
});

test('a message over the limit is refused where it is sent', async (t) => {
    const host = createManager(t);
    const job = () => {
        const {parentPort} = require('node:worker_threads');
        try {
            parentPort.postMessage(Buffer.alloc(257 * 1024 * 1024));
        } catch (error) {
            parentPort.postMessage(error.message);
        }
        parentPort.once('message', () => {});
        parentPort.postMessage('ready');
    };
    const worker = await startUntil(host.manager, {name: 'job', job, gracePeriod: 0});
    assert.throws(() => worker.postMessage(Buffer.alloc(257 * MB)), /exceed the limit of \d+ bytes/);
    const [{message}] = host.messages;
    assert.match(message, /larger than the limit of 268435456 bytes/);
});
