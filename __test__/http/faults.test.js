'use strict';

// Whatever a client, or a function of the host, does: it is logged and answered, and the jobs go on.

const assert = require('node:assert/strict');
const {spawn} = require('node:child_process');
const {once} = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const {test} = require('node:test');
const {listen} = require('../../lib/http/listen');
const {failureOf, resultOf} = require('../runs/support');
const {createManager} = require('../support/runs');
const {createSite} = require('../../lib/http/create-site');
const {temporaryFolder} = require('../support/temporary-folder');
const {createShown} = require('../../lib/http/shown');
const {AS_PROGRAM, StreamClient, createServed, send} = require('./support');

const hostile = () => {
    throw Object.create(null, {
        message: {
            get() {
                throw new Error('never read me');
            }
        },
        toString: {value: null}
    });
};

test('an authorize that throws, rejects, or never was one is logged and answered 500', async (t) => {
    for (const [what, authorize] of [
        [
            'throws',
            () => {
                throw new Error('the directory is down');
            }
        ],
        ['rejects', async () => Promise.reject(new TypeError('the directory is down'))],
        ['throws what is no error', () => Promise.reject('the directory is down')],
        [
            'throws an error with a code of ours',
            () => {
                throw Object.assign(new Error('the directory is down'), {code: 'JOB_UNKNOWN', status: 200});
            }
        ]
    ]) {
        const {manager, port, logs} = await createServed(t, {authorize});
        await manager.defineJob({name: 'a', job: async () => 'done'});
        const {status, json} = await send(port, 'POST', '/api/v1/jobs/a/run', {headers: AS_PROGRAM});
        assert.deepEqual([status, json.error.code], [500, 'INTERNAL_ERROR'], what);
        assert.equal(JSON.stringify(json).includes('directory'), false);
        assert.equal(
            logs.filter(({level, text}) => level === 'error' && text.includes('directory')).length,
            1,
            what
        );
        assert.equal(manager.runs().length, 0);
        assert.equal(await resultOf(manager, 'a'), 'done');
    }
    const {port} = await createServed(t, {authorize: hostile});
    assert.equal((await send(port, 'GET', '/')).status, 500);
});

test('a redact that throws is logged and answered 500', async (t) => {
    const redact = () => {
        throw Object.assign(new Error('redact is broken'), {code: 'RUN_ENDED'});
    };
    const {manager, port, logs} = await createServed(t, {redact, showData: true});
    await manager.defineJob({name: 'a', job: async () => ({secret: 1})});
    const run = await manager.runJob('a');
    await run.result;
    const {status, text} = await send(port, 'GET', `/api/v1/runs/${run.id}`);
    assert.equal(status, 500);
    assert.equal(text.includes('secret'), false);
    assert.ok(logs.some(({level, text: line}) => level === 'error' && line.includes('redact is broken')));
    assert.equal((await send(port, 'GET', '/api/v1/stats')).status, 200);
});

test('a page that cannot be made is logged and answered 500, in plain text', async (t) => {
    const pages = [
        {
            pattern: 'jobs',
            render: async () => {
                throw new Error('<b>broken</b>');
            }
        },
        {pattern: 'runs', render: () => undefined}
    ];
    const {port, logs} = await createServed(t, {}, {pages});
    const {status, text, headers} = await send(port, 'GET', '/jobs', {headers: {accept: 'text/html'}});
    assert.deepEqual([status, headers['content-type']], [500, 'text/plain; charset=utf-8']);
    assert.equal(text.includes('broken'), false);
    assert.ok(logs.some(({text: line}) => line.includes('broken')));
    assert.equal((await send(port, 'GET', '/runs')).status, 404);
});

test('an error that cannot be read is told as far as it can be', async (t) => {
    const {manager, port, api} = await createServed(t);
    const client = await StreamClient.open(t, port);
    await manager.defineJob({name: 'a', job: async () => hostile(), attempts: 2, backoff: 0});
    const run = await manager.runJob('a');
    await failureOf(run);
    const {data} = await client.event('attempt failed');
    assert.equal(data.run.history.length, 1);
    assert.equal((await api('GET', `/api/v1/runs/${run.id}`)).json.state, 'failed');
});

const closeOf = (socket) => new Promise((resolve) => void socket.once('close', resolve));

test('clients that go while they are answered leave nothing behind', async (t) => {
    let asked;
    const authorize = (req) =>
        new Promise((resolve) => asked({answer: resolve, closed: closeOf(req.socket)}));
    const {manager, port, logs} = await createServed(t, {authorize});
    await manager.defineJob({name: 'a', job: async () => 'done'});
    const nextAsked = () =>
        new Promise((resolve) => {
            asked = resolve;
        });
    for (const request of ['GET /api/v1/events', 'GET /api/v1/jobs', 'POST /api/v1/jobs/a/run']) {
        for (const waitsForClose of [true, false]) {
            const whenAsked = nextAsked();
            const socket = net.connect(port, '127.0.0.1');
            socket.write(`${request} HTTP/1.1\r\nhost: localhost\r\nauthorization: x\r\n\r\n`);
            const {answer, closed} = await whenAsked;
            socket.resetAndDestroy();
            if (waitsForClose) {
                await closed;
            }
            answer(true);
            await closed;
        }
    }
    // Their places are free.
    asked = ({answer}) => answer(true);
    const clients = await Promise.all(Array.from({length: 20}, () => StreamClient.open(t, port)));
    await Promise.all(clients.map((client) => client.event('ready')));
    assert.deepEqual(
        logs.filter(({level}) => level === 'error'),
        []
    );
    assert.equal(await resultOf(manager, 'a'), 'done');
});

test('what is no HTTP, and requests in a row on one connection, are answered in order', async (t) => {
    const {manager, port} = await createServed(t);
    await manager.defineJob({name: 'a', job: async () => 'done'});
    const talk = async (text) => {
        const socket = net.connect(port, '127.0.0.1');
        socket.setEncoding('utf8').write(text);
        let answer = '';
        socket.on('data', (part) => {
            answer += part;
        });
        // A refused request may be answered by a reset after the answer.
        socket.on('error', () => {});
        await closeOf(socket);
        return answer;
    };
    assert.match(await talk('nonsense\r\n\r\n'), /^HTTP\/1\.1 400/);
    assert.match(await talk('GET / HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 403/);
    assert.match(
        await talk('GET /api/v1/stats HTTP/1.1\r\nhost: a\r\nhost: localhost\r\nconnection: close\r\n\r\n'),
        /^HTTP\/1\.1 403/
    );
    const line = (target, more = '') => `GET ${target} HTTP/1.1\r\nhost: localhost\r\n${more}\r\n`;
    const answers = await talk(
        line('/api/v1/jobs/a') + line('/healthz') + line('/nope', 'connection: close\r\n')
    );
    assert.deepEqual(
        Array.from(answers.matchAll(/^HTTP\/1\.1 (\d+)/gm), ([, status]) => status),
        ['200', '200', '404']
    );
    assert.match(await talk(line('/', `x: ${'x'.repeat(100_000)}\r\n`)), /^HTTP\/1\.1 431/);
    assert.equal(await resultOf(manager, 'a'), 'done');
});

test('listen serves on the loopback interface alone, reports what is wrong, and closes at shutdown', async (t) => {
    const {manager} = createManager(t);
    const site = createSite({jobManager: manager});
    const server = await listen(manager, site, {port: 0});
    const {port, address} = server.address();
    assert.equal(address, '127.0.0.1');
    assert.equal((await send(port, 'GET', '/healthz')).status, 200);
    await assert.rejects(listen(manager, site, {port}), {code: 'EADDRINUSE'});
    for (const wrong of [undefined, {}, {port: '3000'}, {port: 70_000}, {socket: ''}]) {
        await assert.rejects(listen(manager, site, wrong), {code: 'INVALID_OPTION'});
    }
    const closed = once(server, 'close');
    await manager.shutdown();
    await closed;
    assert.equal(manager.events.listenerCount('shutting down'), 1);
    // As where the manager is shut down while the port is opened.
    const late = await listen(manager, site, {port: 0});
    assert.equal(late.listening, false);
});

test('listen serves on a socket file that its owner alone may open', async (t) => {
    const {manager} = createManager(t);
    const file = path.join(temporaryFolder(t), 'jobs.sock');
    const server = await listen(manager, createSite({jobManager: manager}), {socket: file});
    t.after(() => server.close());
    assert.equal(fs.statSync(file).mode & 0o777, 0o600);
    const headers = {host: 'localhost'};
    assert.equal((await send(file, 'GET', '/healthz', {headers})).status, 200);
    assert.equal((await send(file, 'GET', '/healthz', {headers: {host: 'evil.example'}})).status, 403);
});

for (const how of ['shutdown', 'close', 'closed', 'listen', 'unref']) {
    test(`a host ends while a page follows its events: ${how}`, async (t) => {
        const child = spawn(process.execPath, [path.join(__dirname, 'hosts', 'served.js'), how], {
            stdio: ['ignore', 'pipe', 'inherit']
        });
        t.after(() => child.kill('SIGKILL'));
        const exited = once(child, 'exit');
        const [port] = await once(child.stdout.setEncoding('utf8'), 'data');
        // As browsers do, it keeps the connection for the next request.
        const client = await StreamClient.open(t, Number(port), {headers: {connection: 'keep-alive'}});
        await client.event('ready');
        let output = '';
        child.stdout.on('data', (text) => {
            output += text;
        });
        child.kill('SIGUSR2');
        const [code] = await exited;
        assert.equal(code, 0);
        assert.equal(output, how === 'closed' ? 'shut down\n' : '');
    });
}

test('a result that holds one part very many times, or very deep, is shown in bounds', () => {
    const {redact} = createShown({showData: true, redact: (value) => value});
    let shared = {text: 'x'.repeat(1_000)};
    let deep = 1;
    for (let depth = 0; depth < 10_000; depth++) {
        shared = depth < 60 ? {left: shared, right: [shared, shared]} : shared;
        deep = [deep];
    }
    const before = process.cpuUsage();
    assert.ok(JSON.stringify(redact(shared, 'result')).length < 20_000_000);
    assert.ok(JSON.stringify(redact(deep, 'result')).length < 1_000);
    const {user, system} = process.cpuUsage(before);
    assert.ok(user + system < 10_000_000, `${(user + system) / 1_000_000} s of the processor`);
    const list = Array.from({length: 100_000}, (_, index) => index);
    assert.deepEqual(redact(list, 'result'), list, 'what a result may have is shown whole');
});
