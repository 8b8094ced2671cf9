'use strict';

// What services are sent of runs: here to a server of this test, and by the real SDK of Sentry to memory.

const assert = require('node:assert/strict');
const {spawn} = require('node:child_process');
const {once} = require('node:events');
const path = require('node:path');
const {test} = require('node:test');
const {checkIns, cronitor, healthchecks} = require('../../lib/check-ins');
const {read} = require('../metrics/support');
const {failureOf, resultOf, trying} = require('../runs/support');
const {createManager} = require('../support/runs');
const {sink} = require('./support');

const fixture = (name) => path.join(__dirname, '..', 'fixtures', 'compat', name);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A manager that checks in until the test ends. */
function watched(t, ofJobs, options) {
    const made = createManager(t, options);
    const end = checkIns(made.manager, {jobs: ofJobs});
    t.after(end);
    return {...made, end};
}

test('a start and an end are sent with the id of the run, and a failure with its error', async (t) => {
    const {url, received} = await sink(t);
    const {manager} = watched(t, {job: healthchecks({url: `${url}/ping/uuid?create=1`})});
    await manager.defineJob({
        name: 'job',
        job: async (data) => {
            if (data === 'fail') {
                throw new TypeError('no luck');
            }
        }
    });
    await manager.defineJob({name: 'other', job: async () => {}});
    await resultOf(manager, 'other');
    await resultOf(manager, 'job');
    await received(2);
    await failureOf(await manager.runJob('job', {data: 'fail'}));
    const [start, success, again, failure] = await received(4);
    assert.deepEqual(
        [start, success, again, failure].map(({method, path: sent, body}) => [method, sent, body]),
        [
            ['GET', '/ping/uuid/start', ''],
            ['POST', '/ping/uuid/0', ''],
            ['GET', '/ping/uuid/start', ''],
            ['POST', '/ping/uuid/fail', 'TypeError: no luck\n\n']
        ]
    );
    assert.match(start.query.rid, UUID);
    assert.deepEqual([success.query.rid, failure.query.rid], [start.query.rid, again.query.rid]);
    assert.notEqual(start.query.rid, again.query.rid);
    assert.equal(start.query.create, '1');
});

test('an exit code is the end of the address, and the end of the output its body', async (t) => {
    const {url, received} = await sink(t);
    const {manager} = watched(t, {
        prints: healthchecks({url: `${url}/a/`}),
        exits: healthchecks({url: `${url}/b`})
    });
    await manager.addJob({
        name: 'prints',
        job: () => {
            console.log('x'.repeat(200_000));
            console.log('ü'.repeat(30_000));
        },
        at: 'every day',
        output: 'capture',
        outputLimit: 1024 * 1024
    });
    await manager.addJob({name: 'exits', job: fixture('exits.js'), data: {exitCode: 7}, at: 'every day'});
    await resultOf(manager, 'prints');
    const [, end] = await received(2);
    assert.equal(end.path, '/a/0');
    const bytes = Buffer.byteLength(end.body);
    assert.ok(bytes <= 100_000 && bytes > 99_990, `${bytes}`);
    assert.ok(end.body.startsWith('x') && end.body.endsWith('ü\n'));
    await failureOf(await manager.runJob('exits'));
    const [, , , exit] = await received(4);
    assert.equal(exit.path, '/b/7');
    assert.match(exit.body, /exit code 7|exited with/);
});

test('a failed attempt that another one follows checks in nothing, and neither does a run that is cancelled', async (t) => {
    const {url, received, requests} = await sink(t);
    const {manager} = watched(t, {job: healthchecks({url}), waits: healthchecks({url: `${url}/waits`})});
    const {job} = trying(t, ['throw', 'done'], {attempts: 2, backoff: 0, at: 'every day'});
    await manager.addJob(job);
    await resultOf(manager, 'job');
    const paths = (await received(2)).map(({path: sent}) => sent);
    assert.deepEqual(paths, ['/start', '/0']);
    await manager.addJob({name: 'waits', job: fixture('waits.js'), at: 'every day'});
    const online = once(manager.events, 'run online');
    const run = await manager.runJob('waits');
    await online;
    await run.cancel();
    await resultOf(manager, 'job').catch(() => {});
    await received(5);
    assert.deepEqual(
        requests.filter(({path: sent}) => sent.startsWith('/waits')).map(({path: sent}) => sent),
        ['/waits/start']
    );
});

test('Cronitor is told of runs by one series, and of pauses', async (t) => {
    const {url, received} = await sink(t);
    const service = cronitor({key: 'my job', apiKey: 'secret', env: 'test', url});
    const {manager} = watched(t, {job: service, paused: cronitor({key: 'second', apiKey: 'secret', url})});
    await manager.defineJob({
        name: 'job',
        job: async (fails) => fails && Promise.reject(new Error('no luck'))
    });
    await manager.defineJob({name: 'paused', job: async () => {}});
    await resultOf(manager, 'job');
    await received(2);
    await failureOf(await manager.runJob('job', {data: true}));
    await received(4);
    await manager.pauseJob('job');
    await received(5);
    await manager.resumeJob('job');
    const requests = await received(6);
    assert.deepEqual([...new Set(requests.map(({path: sent}) => sent))], ['/secret/my%20job']);
    assert.deepEqual(
        requests.map(({query}) => query.state),
        ['run', 'complete', 'run', 'fail', 'pause', 'ok']
    );
    const [run, complete, , fail] = requests.map(({query}) => query);
    assert.match(run.series, UUID);
    assert.equal(run.series, complete.series);
    assert.match(complete.metric, /^duration:[\d.]+$/);
    assert.deepEqual([run.env, fail.message], ['test', 'no luck']);
    await manager.pauseJob('paused');
    await received(7);
    await manager.pauseAll();
    await manager.resumeAll();
    // 'paused' was paused by itself, and stays so.
    const later = (await received(10)).slice(7);
    const statesOf = (key) =>
        later.filter(({path: sent}) => sent.endsWith(key)).map(({query}) => query.state);
    assert.deepEqual([statesOf('job'), statesOf('second')], [['pause', 'ok'], ['pause']]);
});

test('a server that is away for a moment is asked again; the run does not wait for that', async (t) => {
    let failures = 2;
    const {url, received} = await sink(t, () => (failures-- > 0 ? {status: 503} : undefined));
    const {manager, logs} = watched(t, {job: healthchecks({url})});
    await manager.defineJob({name: 'job', job: async () => {}});
    const before = performance.now();
    await resultOf(manager, 'job');
    const tookMs = performance.now() - before;
    const paths = (await received(4)).map(({path: sent}) => sent);
    // The end does not overtake the start.
    assert.deepEqual(paths, ['/start', '/start', '/start', '/0']);
    assert.ok(tookMs < 500, `${tookMs} ms`);
    assert.equal(read(manager).value('checkin_failures_total'), 0);
    assert.deepEqual(
        logs.filter(({level}) => level === 'warn'),
        []
    );
});

test('failed check-ins are counted, announced, and logged once without the address', async (t) => {
    const {url} = await sink(t, () => ({status: 404}));
    const {manager, logs} = watched(t, {job: healthchecks({url: `${url}/secret`})});
    await manager.defineJob({name: 'job', job: async () => {}});
    const failures = [];
    const both = new Promise((resolve) => {
        manager.events.on('check-in failed', (failure) => failures.push(failure) === 4 && resolve());
    });
    await resultOf(manager, 'job');
    await resultOf(manager, 'job');
    await both;
    assert.equal(read(manager).value('checkin_failures_total'), 4);
    const {job, service, error} = failures[0];
    assert.deepEqual([job, service, error.message], ['job', 'healthchecks', 'the answer was 404 Not Found']);
    const warnings = logs.filter(({level}) => level === 'warn');
    assert.equal(warnings.length, 1);
    assert.match(warnings[0].text, /check-in of job "job" with healthchecks failed: the answer was 404/);
    assert.ok(!warnings[0].text.includes('secret'));
});

test('a server that never answers is given up, and what it was not told is counted', async (t) => {
    const {url} = await sink(t, () => ({isSilent: true}));
    const {manager} = watched(t, {job: cronitor({key: 'a', apiKey: 'b', url})});
    await manager.defineJob({name: 'job', job: async () => {}, at: 'every day'});
    const failed = once(manager.events, 'check-in failed');
    const before = performance.now();
    await manager.pauseJob('job');
    const [{error}] = await failed;
    assert.equal(error.message, 'no answer in time');
    const tookMs = performance.now() - before;
    assert.ok(tookMs > 8_000 && tookMs < 11_000, `${tookMs} ms`);
});

test('a service of the host is called with the run, and one that throws troubles neither the others nor the run', async (t) => {
    const heard = [];
    const own = {service: 'own', checkIn: ({kind, name, run}) => void heard.push([kind, name, run?.state])};
    const broken = {
        checkIn() {
            throw Object.assign(new Error('broken'), {isFinal: true});
        }
    };
    const {manager} = watched(t, {job: [broken, own]});
    await manager.defineJob({name: 'job', job: async () => 5});
    const failed = once(manager.events, 'check-in failed');
    assert.equal(await resultOf(manager, 'job'), 5);
    const [{service}] = await failed;
    assert.equal(service, 'a service');
    assert.deepEqual(heard, [
        ['started', 'job', 'running'],
        ['completed', 'job', 'completed']
    ]);
});

test('nothing is sent after the end', async (t) => {
    const {url, requests} = await sink(t);
    const {manager, end} = watched(t, {job: healthchecks({url})});
    await manager.defineJob({name: 'job', job: async () => {}});
    end();
    await resultOf(manager, 'job');
    assert.deepEqual(requests, []);
    assert.equal(manager.events.listenerCount('run started'), 0);
});

test('a process that has nothing else to do ends, though a service is watched', async (t) => {
    const {url, received} = await sink(t);
    const child = spawn(process.execPath, [path.join(__dirname, 'hosts', 'ends.js'), url], {
        stdio: 'inherit'
    });
    const [exitCode] = await once(child, 'exit');
    assert.equal(exitCode, 0);
    const paths = (await received(2)).map(({path: sent}) => sent);
    assert.deepEqual(paths, ['/start', '/0']);
});

test('invalid options are refused', (t) => {
    const refused = (call, message) => assert.throws(call, {code: 'INVALID_OPTION', message});
    const {manager} = createManager(t);
    refused(() => healthchecks({}), /"url" of healthchecks\(\) must be an address/);
    refused(() => healthchecks({url: 'ftp://secret'}), /^(?!.*secret)/);
    refused(() => cronitor({key: 'a'}), /"apiKey" of cronitor\(\).*CRONITOR_API_KEY/);
    refused(() => cronitor({apiKey: 'a'}), /"key" of cronitor\(\)/);
    refused(
        () => checkIns(manager, {jobs: {job: 'https://hc-ping.com/uuid'}}),
        /of job "job" has no function "checkIn"/
    );
});
