'use strict';

// Processes booted ahead for runs that the host asks for now, again and again.

const assert = require('node:assert/strict');
const path = require('node:path');
const {test} = require('node:test');
const {setTimeout: delay} = require('node:timers/promises');
const {startHost} = require('../support/hosts');
const {eventually, markedEnvironment} = require('../support/processes');
const {createManager, runEnd} = require('../support/runs');

const HOST = path.join(__dirname, 'hosts', 'asks-again.js');
const ES_MODULE = path.join(__dirname, 'jobs', 'tells-its-process.mjs');
/** Far longer than a boot, far shorter than what counts as a new beginning. */
const PAUSE_MS = 500;
/** More than a host must ask for before its requests are a pattern. */
const ENOUGH = 8;

/** Posts which process it is, and what it sees of how that was started. */
const TELLS_ITS_PROCESS = () => {
    const {parentPort, threadId} = require('node:worker_threads');
    const {title, argv, env} = process;
    parentPort.postMessage({
        pid: process.pid,
        threadId,
        title,
        arguments: argv.slice(2),
        value: env.NODE_TEST_OF_AGAIN ?? env.TEST_OF_AGAIN
    });
};

function markHost(t) {
    const {env, pids} = markedEnvironment();
    Object.assign(process.env, env);
    t.after(() => Object.keys(env).forEach((name) => delete process.env[name]));
    return pids;
}

/** Asks for a run; resolves with what it posted, once no process of it is left. */
async function ask({manager, messages}, pids, name, job = TELLS_ITS_PROCESS) {
    const ended = runEnd(manager, name);
    await manager.addJob({name, job});
    await ended;
    const {message} = messages.at(-1);
    await eventually('the end of the process', () => !pids().includes(message.pid));
    return message;
}

/** Asks until a spare is there; returns its pid. */
async function askUntilThereIsASpare(record, pids, job) {
    for (let index = 0; index < 5 * ENOUGH; index += 1) {
        await ask(record, pids, `job-${index}`, job);
        await delay(PAUSE_MS);
        const [spare] = pids();
        if (spare !== undefined) {
            return spare;
        }
    }
    throw new Error('there was never a spare');
}

test('a run that is asked for again and again is given a process that was booted before', async (t) => {
    const pids = markHost(t);
    const record = createManager(t);
    const spare = await askUntilThereIsASpare(record, pids);
    t.after(() => delete process.env.TEST_OF_AGAIN);
    process.env.TEST_OF_AGAIN = 'changed since';
    const {threadId, ...seen} = await ask(record, pids, 'last');
    assert.ok(Number.isSafeInteger(threadId));
    assert.deepEqual(seen, {pid: spare, title: 'job: last', arguments: [], value: 'changed since'});
});

test('an ES module finds such a process as it finds any other', async (t) => {
    const pids = markHost(t);
    const record = createManager(t);
    const spare = await askUntilThereIsASpare(record, pids, ES_MODULE);
    const {threadId, ...seen} = await ask(record, pids, 'last', ES_MODULE);
    assert.ok(Number.isSafeInteger(threadId));
    assert.deepEqual(seen, {pid: spare, isMainThread: false, job: 'last', arguments: []});
});

test('so is one that bree.run starts', async (t) => {
    const pids = markHost(t);
    const {manager, messages} = createManager(t);
    await manager.addJob({name: 'job', job: TELLS_ITS_PROCESS, at: new Date(Date.now() + 3_600_000)});
    let spare;
    for (let index = 0; spare === undefined && index < 5 * ENOUGH; index += 1) {
        const ended = runEnd(manager, 'job');
        await manager.bree.run('job');
        await ended;
        await eventually('the end of the process', () => !pids().includes(messages.at(-1).message.pid));
        await delay(PAUSE_MS);
        [spare] = pids();
    }
    const ended = runEnd(manager, 'job');
    await manager.bree.run('job');
    await ended;
    assert.equal(messages.at(-1).message.pid, spare);
});

test('the process leaves when no further request comes', async (t) => {
    const pids = markHost(t);
    const record = createManager(t);
    await askUntilThereIsASpare(record, pids);
    await eventually('the end of every process', () => pids().length === 0);
});

test('it is replaced when what node reads at start has changed', async (t) => {
    const pids = markHost(t);
    t.after(() => delete process.env.NODE_TEST_OF_AGAIN);
    const record = createManager(t);
    const spare = await askUntilThereIsASpare(record, pids);
    process.env.NODE_TEST_OF_AGAIN = 'changed since';
    const {pid, value} = await ask(record, pids, 'last');
    assert.notEqual(pid, spare);
    assert.equal(value, 'changed since');
    await eventually('the end of the process', () => !pids().includes(spare));
});

test('a shutdown ends it', async (t) => {
    const pids = markHost(t);
    const record = createManager(t);
    await askUntilThereIsASpare(record, pids);
    await record.manager.shutdown();
    assert.deepEqual(pids(), []);
});

test('with 0 there is never a process without a run', async (t) => {
    const pids = markHost(t);
    const record = createManager(t, {warmWorkers: 0});
    for (let index = 0; index < ENOUGH; index += 1) {
        await ask(record, pids, `job-${index}`);
        await delay(PAUSE_MS);
        assert.deepEqual(pids(), []);
    }
});

test('it keeps no host alive, and ends with the host', async (t) => {
    const host = startHost(t, HOST);
    const {spares} = await host.told('exit');
    await host.ended;
    assert.equal(spares, 1, 'the host ended though it had a spare');
    await eventually('the end of every process', () => host.pids().length === 0);
});
