'use strict';

// How runs of handlers end, and what becomes of their processes.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {createManager} = require('../support/runs');
const {failureOf, jobs, resultOf} = require('./support');

/** A manager with the job `ends`, one process at a time. */
async function withEnds(t, options) {
    const host = createManager(t);
    await host.manager.defineJob({
        name: 'ends',
        job: jobs('ends.js'),
        concurrency: 1,
        gracePeriod: 100,
        ...options
    });
    const fails = async (data) => failureOf(await host.manager.runJob('ends', {data}));
    const pid = () => resultOf(host.manager, 'ends', {data: {}});
    return {...host, fails, pid};
}

test('a handler that throws fails its run with that error, and keeps its process', async (t) => {
    const {fails, pid, errors} = await withEnds(t);
    const before = await pid();
    const {error, info} = await fails({how: 'throw'});
    assert.ok(error instanceof TypeError);
    assert.deepEqual([error.message, error.code, error.detail], ['no such thing', 'NO_THING', {id: 7}]);
    assert.equal(info.state, 'failed');
    assert.deepEqual([info.error.name, info.error.message], ['TypeError', 'no such thing']);
    assert.match(info.error.stack, /ends\.js/);
    assert.equal((await fails({how: 'throw a string'})).error, 'text');
    assert.equal(await pid(), before);
    assert.deepEqual(
        errors.map(({name, error: reported}) => [name, reported]),
        [
            ['ends', error],
            ['ends', 'text']
        ]
    );
});

test('a value that cannot be cloned is the error of its run', async (t) => {
    const {fails, pid} = await withEnds(t);
    const before = await pid();
    assert.equal((await fails({how: 'uncloneable'})).error.name, 'DataCloneError');
    assert.equal(await pid(), before);
});

const LOSES = [
    ['exits with code 0', {how: 'exit', value: 0}, {code: 'JOB_EXIT_CODE', exitCode: 0}],
    ['exits with another code', {how: 'exit', value: 3}, {code: 'JOB_EXIT_CODE', exitCode: 3}],
    ['is killed', {how: 'kill'}, {code: 'JOB_SIGNAL', signal: 'SIGKILL'}],
    ['throws an uncaught error', {how: 'uncaught'}, {message: 'out of the blue'}]
];
for (const [what, data, expected] of LOSES) {
    test(`a handler that ${what} loses its process, and the next run gets another`, async (t) => {
        const {manager, fails, pid, errors} = await withEnds(t);
        const before = await pid();
        const failing = fails(data);
        const next = await manager.runJob('ends', {data: {}});
        const {error} = await failing;
        assert.deepEqual(Object.fromEntries(Object.keys(expected).map((key) => [key, error[key]])), expected);
        assert.notEqual(await next.result, before);
        assert.equal(errors.length, 1);
    });
}

test('a handler that spins over its time limit is killed, and the next run works', async (t) => {
    const {manager, fails, pid} = await withEnds(t, {timeout: 200});
    const before = await pid();
    const {error, info} = await fails({how: 'spin'});
    assert.equal(error.code, 'JOB_TIMEOUT');
    assert.equal(info.cause, 'timeout');
    assert.notEqual(await pid(), before);
    const run = await manager.runJob('ends', {data: {how: 'until aborted'}, timeout: 50});
    assert.equal((await failureOf(run)).error.timeoutMs, 50);
});

test('a handler that heeds its signal at the time limit keeps its process', async (t) => {
    const {fails, pid} = await withEnds(t, {timeout: 100, gracePeriod: 10_000});
    const before = await pid();
    assert.equal((await fails({how: 'until aborted'})).error.code, 'JOB_TIMEOUT');
    assert.equal(await pid(), before);
});

test('an inline handler over its time limit has its signal aborted, and frees its place', async (t) => {
    const {manager, errors} = createManager(t);
    const aborted = [];
    await manager.defineJob({
        name: 'inline',
        concurrency: 1,
        timeout: 50,
        job: (isShort, {signal}) => {
            signal.addEventListener('abort', () => aborted.push(signal.reason.code));
            return isShort ? 'short' : new Promise(() => {});
        }
    });
    const long = await manager.runJob('inline', {data: false});
    const short = await manager.runJob('inline', {data: true});
    const {error, info} = await failureOf(long);
    assert.equal(error.code, 'JOB_TIMEOUT');
    assert.equal(info.cause, 'timeout');
    assert.equal(await short.result, 'short');
    assert.deepEqual(aborted, ['JOB_TIMEOUT']);
    assert.deepEqual(
        errors.map(({name}) => name),
        ['inline']
    );
});

test('an inline handler that throws fails its run, and the errorHandler is called once', async (t) => {
    const {manager, errors} = createManager(t);
    const thrown = new Error('inline');
    await manager.defineJob({
        name: 'inline',
        job: () => {
            throw thrown;
        }
    });
    const {error, info} = await failureOf(await manager.runJob('inline'));
    assert.equal(error, thrown);
    assert.equal(info.state, 'failed');
    assert.deepEqual(
        errors.map((report) => report.error),
        [thrown]
    );
});

test('a failed run whose result is never read is no unhandled rejection', async (t) => {
    const {manager, errors} = await withEnds(t);
    const rejections = [];
    const note = (error) => rejections.push(error);
    process.on('unhandledRejection', note);
    t.after(() => process.off('unhandledRejection', note));
    const run = await manager.runJob('ends', {data: {how: 'throw'}});
    const seen = await manager.runJob('ends', {data: {how: 'throw'}});
    void seen.result;
    await new Promise((resolve) => seen.on('ended', resolve));
    await new Promise(setImmediate);
    assert.equal(errors.length, 2);
    assert.deepEqual(rejections, []);
    assert.equal((await failureOf(run)).error.code, 'NO_THING');
});

test('a listener that throws is logged, and changes nothing', async (t) => {
    const {manager, logs} = await withEnds(t);
    const run = await manager.runJob('ends', {data: {}});
    run.on('ended', () => {
        throw new Error('from a listener');
    });
    assert.equal(typeof (await run.result), 'number');
    assert.ok(logs.some(({level, text}) => level === 'error' && text.includes('from a listener')));
});

test('a module that throws as it loads fails the run', async (t) => {
    const {manager} = createManager(t);
    const fs = require('node:fs');
    const path = require('node:path');
    const {temporaryFolder} = require('../support/temporary-folder');
    const file = path.join(temporaryFolder(t), 'broken.js');
    fs.writeFileSync(file, 'throw new RangeError("at loading")');
    await manager.defineJob({name: 'broken', job: file});
    await assert.rejects(resultOf(manager, 'broken'), {name: 'RangeError', message: 'at loading'});
});
