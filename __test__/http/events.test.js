'use strict';

// The event stream: what clients are told, what becomes of slow ones, and what it costs when there are none.

const assert = require('node:assert/strict');
const http = require('node:http');
const {once} = require('node:events');
const {test} = require('node:test');
const {EventClient, MOST_UNSENT_BYTES} = require('../../lib/http/event-client');
const {EventLog} = require('../../lib/http/event-log');
const {EventStream} = require('../../lib/http/event-stream');
const {createShown} = require('../../lib/http/shown');
const {eventually} = require('../support/processes');
const {createManager} = require('../support/runs');
const {failureOf, resultOf} = require('../runs/support');
const {StreamClient, createServed, send, serve} = require('./support');

const namesOf = ({events}) => events.map(({event}) => event);

/** The events of a manager that somebody listens to. */
const listenedTo = (manager) =>
    manager.events.eventNames().filter((name) => name !== 'newListener' && name !== 'shutting down');

test('a client is told what happens to jobs and runs, in order', async (t) => {
    const {manager, port} = await createServed(t, {showData: true});
    const client = await StreamClient.open(t, port);
    assert.equal(client.response.headers['content-type'], 'text/event-stream; charset=utf-8');
    assert.equal(client.response.headers['cache-control'], 'no-store, no-transform');
    assert.equal(client.response.headers['x-accel-buffering'], 'no');
    await client.event('ready');
    assert.match(client.text, /^retry: 3000\n\n/);
    await manager.defineJob({name: 'a', job: async () => ({secret: 1}), tags: ['x'], at: 'every day'});
    await resultOf(manager, 'a');
    await manager.pauseJob('a', {by: 'operator', note: 'x'});
    await manager.resumeJob('a');
    await manager.pauseAll();
    await manager.resumeAll();
    await manager.removeJob('a');
    await client.event('job removed');
    assert.deepEqual(namesOf(client), [
        'ready',
        'job added',
        'run queued',
        'run started',
        'run online',
        'run ended',
        'job paused',
        'job resumed',
        'all paused',
        'all resumed',
        'job removed'
    ]);
    const {data} = await client.event('run ended');
    assert.deepEqual([data.run.state, data.run.job, 'result' in data], ['completed', 'a', false]);
    const paused = await client.event('job paused');
    assert.deepEqual([paused.data.job.name, paused.data.by, paused.data.note], ['a', 'operator', 'x']);
    const ids = client.events.map(({id}) => Number(id.split('.')[1]));
    assert.deepEqual(
        ids,
        ids.toSorted((one, other) => one - other)
    );
});

test('a client is told of failed attempts, without their stack', async (t) => {
    const {manager, port} = await createServed(t);
    const client = await StreamClient.open(t, port);
    const error = Object.assign(new Error('<b>no</b>\n\nevent: forged\ndata: {}'), {code: 'E'});
    const job = async () => {
        throw error;
    };
    await manager.defineJob({name: 'b', job, attempts: 2, backoff: 0});
    await failureOf(await manager.runJob('b'));
    await client.event('run ended');
    const {data} = await client.event('attempt failed');
    assert.equal(data.run.history.at(-1).message, error.message);
    const {data: end} = await client.event('run ended');
    assert.deepEqual(end.run.error, {name: 'Error', message: error.message, code: 'E'});
    assert.equal(
        client.events.some(({event}) => event === 'forged'),
        false
    );
    assert.equal(client.text.includes('.js:'), false);
});

test('a client may ask for one job, or one run, and for its log', async (t) => {
    const {manager, port} = await createServed(t, {showData: true});
    const job = async (_data, run) => run.log('line', {token: 'x', n: 1}, 'warn');
    await manager.defineJob({name: 'a', job});
    await manager.defineJob({name: 'b', job});
    const ofJob = await StreamClient.open(t, port, {path: '/api/v1/events?job=b'});
    const ofLog = await StreamClient.open(t, port, {path: '/api/v1/events?job=a&output=1'});
    const ofNone = await StreamClient.open(t, port, {path: '/api/v1/events?run=nope&output=1'});
    const run = await manager.runJob('a');
    await run.result;
    await resultOf(manager, 'b');
    await manager.pauseAll();
    await Promise.all([ofJob, ofLog, ofNone].map((client) => client.event('all paused')));
    assert.deepEqual(namesOf(ofJob), [
        'ready',
        'run queued',
        'run started',
        'run online',
        'run ended',
        'all paused'
    ]);
    assert.deepEqual(namesOf(ofNone), ['ready', 'all paused']);
    const {data} = await ofLog.event('run log');
    const {at: _at, ...line} = data.line;
    assert.deepEqual(
        [data.runId, line],
        [run.id, {level: 'warn', message: 'line', fields: {token: '[hidden]', n: 1}}]
    );
});

test('what is logged and printed is not listened to unless somebody asks for it, nor where showOutput is false', async (t) => {
    const job = async (_data, run) => run.log('line', {n: 1});
    const closed = await createServed(t, {showOutput: false});
    await closed.manager.defineJob({name: 'a', job});
    const client = await StreamClient.open(t, closed.port, {path: '/api/v1/events?output=1'});
    await resultOf(closed.manager, 'a');
    await client.event('run ended');
    assert.equal(namesOf(client).includes('run log'), false);

    const {manager, port} = await createServed(t);
    const heard = () => ['run log', 'run output'].map((name) => manager.events.listenerCount(name));
    const first = await StreamClient.open(t, port);
    await first.event('ready');
    assert.deepEqual(heard(), [0, 0]);
    const second = await StreamClient.open(t, port, {path: '/api/v1/events?output=1'});
    await second.event('ready');
    assert.deepEqual(heard(), [1, 1]);
    manager.events.emit('run output', {runId: 'x-1', job: 'a', totalBytes: 10});
    assert.deepEqual((await second.event('run output')).data, {runId: 'x-1', job: 'a', totalBytes: 10});
    second.close();
    await eventually('nobody asks any longer', () => heard().every((count) => count === 0));
    assert.equal(manager.events.listenerCount('run ended'), 1);
    assert.equal(namesOf(first).includes('run output'), false);
});

test('a client that connects again goes on where it was, and one that was away too long is told to begin anew', async (t) => {
    const {manager, port} = await createServed(t);
    await manager.defineJob({name: 'a', job: async () => {}});
    const first = await StreamClient.open(t, port);
    await resultOf(manager, 'a');
    const {id} = await first.event('run queued');
    await first.event('run ended');
    first.close();
    // Nobody is connected while this happens.
    await eventually('nobody is connected', () => first.hasEnded);
    await resultOf(manager, 'a');
    const again = await StreamClient.open(t, port, {headers: {'last-event-id': id}});
    await again.until('both runs', () => namesOf(again).filter((name) => name === 'run ended').length === 2);
    assert.deepEqual(
        namesOf(again),
        'run started, run online, run ended, run queued, run started, run online, run ended'.split(', ')
    );
    for (const lost of ['', 'x', `${id}9`, id.replace(/\d+$/, '-1'), 'deadbeef.1', `${id}.1`, '.', '1e999']) {
        const client = await StreamClient.open(t, port, {headers: {'last-event-id': lost}});
        const {event} = await client.until('its first event', () => client.events[0]);
        assert.equal(event, lost === '' ? 'ready' : 'reset', lost);
        client.close();
    }
});

test('of more than 500 events the oldest cannot be continued from', async (t) => {
    const log = new EventLog('abcd', 500);
    assert.deepEqual(log.after('abcd.0'), []);
    for (let index = 0; index < 500; index++) {
        log.add({event: 'run ended', data: '{}'});
    }
    assert.equal(log.after('abcd.0').length, 500);
    log.add({event: 'run ended', data: '{}'});
    assert.equal(log.after('abcd.0'), undefined);
    assert.deepEqual(log.after('abcd.500'), [{event: 'run ended', data: '{}', id: 'abcd.501'}]);
    // What is replayed goes through the same limits as what is new.
    const {manager, port} = await createServed(t);
    const first = await StreamClient.open(t, port);
    const {id} = await first.event('ready');
    for (let index = 0; index < 500; index++) {
        manager.events.emit('all resumed', {});
    }
    await first.until('all of them', () => first.events.length === 501);
    const whole = await StreamClient.open(t, port, {headers: {'last-event-id': id}});
    await whole.until('all of them', () => whole.events.length === 500);
});

test('twenty clients are served, and 480 more are refused politely while jobs go on', async (t) => {
    const {manager, port} = await createServed(t);
    await manager.defineJob({name: 'a', job: async () => 'done'});
    const clients = await Promise.all(Array.from({length: 20}, () => StreamClient.open(t, port)));
    await Promise.all(clients.map((client) => client.event('ready')));
    const refused = await Promise.all(Array.from({length: 480}, () => send(port, 'GET', '/api/v1/events')));
    for (const {status, json, headers} of refused) {
        assert.deepEqual([status, json.error.code, headers['retry-after']], [503, 'TOO_MANY_CLIENTS', '30']);
    }
    assert.equal(await resultOf(manager, 'a'), 'done');
    await Promise.all(clients.map((client) => client.event('run ended')));
    assert.equal((await send(port, 'GET', '/api/v1/jobs')).status, 200);
    // A place that becomes free is given to another.
    clients[0].close();
    let status;
    do {
        const {response} = await StreamClient.open(t, port);
        status = response.statusCode;
    } while (status !== 200);
});

/** A sink that takes nothing. */
function deafSink() {
    const sink = {
        sent: [],
        bytes: 0,
        isDestroyed: false,
        hasEnded: false,
        write: (text) => {
            sink.sent.push(text);
            sink.bytes += text.length;
        },
        end: () => {
            sink.hasEnded = true;
        },
        destroy: () => {
            sink.isDestroyed = true;
        },
        unsent: () => sink.bytes,
        isClosing: () => false,
        onDrain: (callback) => {
            sink.drain = () => {
                sink.bytes = 0;
                callback();
            };
        },
        onClose: () => {}
    };
    return sink;
}

test('a client that does not read loses events, is told how many once it reads on, and is disconnected in the end', () => {
    const sink = deafSink();
    const client = new EventClient(sink, {});
    const message = (index) => ({event: 'run ended', id: `i.${index}`, data: `"${'x'.repeat(1_000)}"`});
    for (let index = 0; index < 1_000; index++) {
        client.send(message(index));
    }
    assert.ok(sink.bytes < MOST_UNSENT_BYTES + 2_000);
    const taken = sink.sent.length;
    sink.drain();
    const gap = sink.sent.at(-1);
    assert.equal(gap, `id: i.999\nevent: gap\ndata: {"missed":${1_000 - taken}}\n\n`);
    client.send(message(1_000));
    assert.match(sink.sent.at(-1), /^id: i\.1000\nevent: run ended\n/);
    client.heartbeat();
    assert.equal(sink.sent.at(-1), ':\n\n');
    // Full again, and nothing is taken from now on.
    for (let index = 0; index < 1_000; index++) {
        client.send(message(index));
    }
    for (let beat = 0; beat < 8; beat++) {
        assert.equal(sink.isDestroyed, false);
        client.heartbeat();
    }
    client.heartbeat();
    assert.equal(sink.isDestroyed, true);
    client.end({event: 'shutting down'});
    assert.equal(sink.hasEnded, false);
});

test('a socket that is never read costs the host no more than its limit, and jobs go on', async (t) => {
    const {manager, site} = await createServed(t);
    const sockets = [];
    const port = await serve(t, (req, res) => {
        sockets.push({unsent: () => res.writableLength});
        site.handle(req, res);
    });
    await manager.defineJob({name: 'a', job: async () => 'done'});
    const client = await StreamClient.open(t, port);
    await client.event('ready');
    client.pause();
    const note = 'n'.repeat(100_000);
    // Far beyond what the sockets of both sides hold: 40 MB.
    for (let index = 0; index < 400; index++) {
        manager.events.emit('all paused', {note});
        await new Promise(setImmediate);
    }
    assert.equal(await resultOf(manager, 'a'), 'done');
    const [{unsent}] = sockets;
    assert.ok(unsent() <= MOST_UNSENT_BYTES + 200_000, `${unsent()} bytes wait`);
    client.response.resume();
    const {data} = await client.event('gap');
    assert.ok(data.missed > 100 && data.missed < 400, `${data.missed} missed`);
});

test('progress is told at most four times a second for each run, the first and the last of it', async (t) => {
    const {manager, port} = await createServed(t);
    const client = await StreamClient.open(t, port);
    let go;
    await manager.defineJob({
        name: 'a',
        job: () =>
            new Promise((resolve) => {
                go = resolve;
            })
    });
    const run = await manager.runJob('a');
    const startedMs = performance.now();
    for (let index = 1; index <= 100; index++) {
        manager.events.emit('run progress', {runId: run.id, job: 'a', progress: {value: index / 100}});
    }
    await client.event('run progress', ({progress}) => progress.value === 1);
    const tookMs = performance.now() - startedMs;
    const values = client.events
        .filter(({event}) => event === 'run progress')
        .map(({data}) => data.progress.value);
    assert.deepEqual(values, [0.01, 1]);
    assert.ok(tookMs >= 240, `after ${tookMs} ms`);
    // What comes right before the end is not told after it.
    manager.events.emit('run progress', {runId: run.id, job: 'a', progress: {value: 0.5}});
    go();
    await client.event('run ended');
});

test('more than 500 events a second are not listened to, and clients are told of the gap', async (t) => {
    const {manager, port} = await createServed(t);
    await manager.defineJob({name: 'a', job: async () => {}});
    const client = await StreamClient.open(t, port);
    await client.event('ready');
    const runs = await Promise.all(Array.from({length: 500}, () => manager.runJob('a')));
    await Promise.all(runs.map(({result}) => result));
    assert.deepEqual(listenedTo(manager), []);
    assert.equal(manager.runs({job: 'a'})[0].state, 'completed');
    await client.event('gap');
    const told = client.events.length;
    assert.ok(told <= 502, `${told} events`);
    // Afterwards they are told again.
    await resultOf(manager, 'a');
    await client.until('the next run', () =>
        client.events.slice(told).some(({event}) => event === 'run ended')
    );
});

test('many runs that report their progress ten times a second are no gap', async (t) => {
    const {manager, port} = await createServed(t);
    const client = await StreamClient.open(t, port);
    await client.event('ready');
    for (let turn = 1; turn <= 10; turn++) {
        for (let run = 0; run < 100; run++) {
            manager.events.emit('run progress', {runId: `x-${run}`, job: 'a', progress: {value: turn / 10}});
        }
    }
    await manager.pauseAll();
    await client.event('all paused');
    assert.equal(client.events.length, 102);
    assert.equal(namesOf(client).includes('gap'), false);
});

test('nothing is listened to until a client comes, and half a minute after the last has gone', async (t) => {
    const {manager} = createManager(t);
    const stream = new EventStream({
        jobManager: manager,
        shown: createShown({}),
        logger: {error() {}},
        lingerMs: 20
    });
    assert.deepEqual(listenedTo(manager), []);
    const sink = deafSink();
    let close;
    sink.onClose = (callback) => {
        close = callback;
    };
    stream.connect({}).stream(sink);
    assert.ok(listenedTo(manager).includes('run ended'));
    close();
    assert.equal(stream.size, 0);
    assert.ok(listenedTo(manager).includes('run ended'));
    await eventually('the end of listening', () => listenedTo(manager).length === 0);
    // What happened meanwhile is not known.
    const again = deafSink();
    stream.connect({}, `${manager.stats().instance}.0`).stream(again);
    assert.match(again.sent[1], /event: reset\n/);
});

test('at shutdown every stream is ended, also that of a client that does not read', async (t) => {
    const {manager, port} = await createServed(t);
    const clients = await Promise.all(Array.from({length: 3}, () => StreamClient.open(t, port)));
    await Promise.all(clients.map((client) => client.event('ready')));
    await manager.shutdown();
    await Promise.all(clients.map((client) => client.ended()));
    for (const client of clients) {
        assert.equal(client.events.at(-1).event, 'shutting down');
    }
    assert.deepEqual(listenedTo(manager), []);
});

test('clients that come and go leave nothing behind', async (t) => {
    const {manager, port} = await createServed(t);
    for (let turn = 0; turn < 50; turn++) {
        const request = http.get({port, path: '/api/v1/events', agent: false});
        request.on('error', () => {});
        if (turn % 2 === 0) {
            await once(request, 'response');
        }
        request.destroy();
    }
    const client = await StreamClient.open(t, port);
    await client.event('ready');
    assert.equal(manager.events.listenerCount('run ended'), 1);
});

test('a redact that throws is logged, and the other events are told', async (t) => {
    const redact = (value, where) => {
        if (where === 'error') {
            throw new Error('redact is broken');
        }
        return value;
    };
    const {manager, port, logs} = await createServed(t, {redact});
    const client = await StreamClient.open(t, port);
    await manager.defineJob({
        name: 'a',
        job: async () => {
            throw new Error('x');
        }
    });
    await failureOf(await manager.runJob('a'));
    await manager.pauseAll();
    await client.event('all paused');
    assert.equal(namesOf(client).includes('run ended'), false);
    assert.ok(logs.some(({level, text}) => level === 'error' && text.includes('redact is broken')));
});
