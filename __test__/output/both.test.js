'use strict';

// Output that is kept and written to the host's own streams, by whoever reads those.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const path = require('node:path');
const {test} = require('node:test');
const {startHost} = require('../support/hosts');
const {eventually, stateOf} = require('../support/processes');

const HOST = path.join(__dirname, 'hosts', 'prints.js');
const MB = 1024 * 1024;

/** Starts a host of its own, whose streams are read only if the test does so. */
function start(t) {
    const host = startHost(t, HOST);
    const lengths = {stdout: 0, stderr: 0};
    for (const stream of ['stdout', 'stderr']) {
        host.child[stream].removeAllListeners('data');
        host.child[stream].pause();
    }
    const read = (stream) =>
        host.child[stream]
            .on('data', (text) => {
                lengths[stream] += text.length;
            })
            .resume();
    const add = (options) => host.child.send({what: 'add', ...options});
    const answer = async () => {
        host.child.send({what: 'time'});
        return host.told('time');
    };
    return {...host, lengths, read, add, answer};
}

for (const stream of ['stdout', 'stderr']) {
    test(`megabytes on ${stream} are kept and arrive whole where the host's go`, async (t) => {
        const host = start(t);
        host.read(stream);
        host.add({name: 'prints', data: {stream, bytes: 20 * MB}});
        const {run, text, totalBytes, droppedBytes} = await host.told('ended');
        assert.equal(run.state, 'completed');
        assert.equal(totalBytes, 20 * MB);
        assert.ok(droppedBytes > 19 * MB && text.endsWith('x\n'));
        host.child.send({what: 'end'});
        await once(host.child, 'close');
        assert.equal(host.lengths[stream], 20 * MB);
        assert.equal(host.lengths.stdout + host.lengths.stderr, 20 * MB);
    });
}

test("a slow reader of the host's standard output delays only the job that prints", async (t) => {
    const host = start(t);
    host.add({name: 'waits', data: {stream: 'stdout', bytes: 20 * MB}});
    // It has filled the pipes on its way, and its own write waits.
    const pid = await eventually('the job has a process', () =>
        host.pids().find((each) => each !== host.child.pid)
    );
    const before = await host.answer();
    await eventually('it waits', () => stateOf(pid) === 'S');
    // The host answers at once, and jobs that print elsewhere run from their first line to their end.
    for (const [name, output] of [
        ['captured', 'capture'],
        ['ignored', 'ignore']
    ]) {
        host.add({name, output, data: {stream: 'stdout', bytes: 5 * MB}});
        const {run, totalBytes} = await host.told('ended');
        assert.deepEqual([run.job, run.state], [name, 'completed']);
        assert.equal(totalBytes, output === 'capture' ? 5 * MB : 0);
    }
    host.add({name: 'other stream', data: {stream: 'stderr', bytes: 0}});
    assert.equal((await host.told('ended')).run.job, 'other stream');
    const {rss} = await host.answer();
    assert.ok(rss - before.rss < 30 * MB, `${(rss - before.rss) / MB} MB more`);
    host.read('stdout');
    const {run, totalBytes} = await host.told('ended');
    assert.deepEqual([run.job, run.state, totalBytes], ['waits', 'completed', 20 * MB]);
    host.child.send({what: 'end'});
    await once(host.child, 'close');
    assert.equal(host.lengths.stdout, 20 * MB);
});

test("a job that waits for the reader of the host's standard output is stopped in time", async (t) => {
    const host = start(t);
    host.add({name: 'waits', timeout: 200, gracePeriod: 50, data: {stream: 'stdout', bytes: 20 * MB}});
    const {run} = await host.told('ended');
    assert.deepEqual([run.state, run.cause], ['failed', 'timeout']);
});

test("a run ends though nobody reads the host's standard output, and what it printed comes later", async (t) => {
    const host = start(t);
    // More than the system holds, and the rest is less than may wait to be written.
    host.add({name: 'prints', data: {stream: 'stdout', bytes: 400 * 1024}});
    const {run, totalBytes} = await host.told('ended');
    assert.deepEqual([run.state, totalBytes], ['completed', 400 * 1024]);
    host.read('stdout');
    await eventually('all has come', () => host.lengths.stdout === 400 * 1024);
});

test("the run of a handler ends though nobody reads the host's standard output", async (t) => {
    const host = start(t);
    host.child.send({what: 'call', bytes: 400 * 1024});
    const {run, totalBytes} = await host.told('ended');
    assert.deepEqual([run.state, totalBytes], ['completed', 400 * 1024]);
    host.read('stdout');
    await eventually('all has come', () => host.lengths.stdout === 400 * 1024);
});

test('the end of a run is reported when what it printed has been written', async (t) => {
    const host = start(t);
    host.read('stdout');
    // The host exits as soon as it hears of the end.
    host.add({name: 'last', data: {stream: 'stdout', bytes: 2 * MB}});
    await once(host.child, 'close');
    assert.equal(host.lengths.stdout, 2 * MB);
});

test("a reader of the host's standard output that goes away fails no job, and what is printed is kept", async (t) => {
    const host = start(t);
    host.child.stdout.destroy();
    host.add({name: 'prints', data: {stream: 'stdout', bytes: 2 * MB}});
    const {run, text, totalBytes} = await host.told('ended');
    assert.deepEqual([run.state, totalBytes], ['completed', 2 * MB]);
    assert.ok(text.endsWith('x\n'));
});
