'use strict';

// What handlers do wrong in a process: it ends their own run, and none but theirs.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {suite, test} = require('node:test');
const {eventually} = require('../support/processes');
const {createManager} = require('../support/runs');
const {temporaryFolder} = require('../support/temporary-folder');
const {failureOf, jobs, resultOf} = require('./support');

const MB = 1024 * 1024;

/** A manager with the job `faults`, one process at a time, and a count of ends for each run. */
async function withFaults(t, options) {
    const host = createManager(t);
    const {manager} = host;
    await manager.defineJob({
        name: 'faults',
        job: jobs('faults.js'),
        concurrency: 1,
        gracePeriod: 100,
        ...options
    });
    const run = (how, data, request) => manager.runJob('faults', {...request, data: {how, ...data}});
    const result = async (...args) => (await run(...args)).result;
    const fails = async (...args) => failureOf(await run(...args));
    return {...host, run, result, fails, pid: () => result('pid')};
}

suite('what is thrown', () => {
    const EXPECTED = {
        undefined: /threw undefined/,
        null: /threw null/,
        'a string': 'text',
        'a number': 7,
        'a symbol': /sign/,
        'a function': /./,
        'a frozen object': {code: 'FROZEN'},
        'a frozen error': /^frozen$/,
        'a proxy that throws': /./,
        'a revoked proxy': /./,
        'an error whose message throws': /./
    };
    for (const [what, expected] of Object.entries(EXPECTED)) {
        test(`${what}: fails the run, and leaves the process in use`, async (t) => {
            const {pid, fails, errors} = await withFaults(t);
            const before = await pid();
            for (const how of ['throw', 'reject']) {
                const {error, info} = await fails(how, {what});
                if (expected instanceof RegExp) {
                    assert.match(String(error.message ?? error), expected);
                } else {
                    assert.deepEqual(error, expected);
                }
                assert.equal(info.state, 'failed');
            }
            assert.equal(errors.length, 2);
            assert.equal(await pid(), before);
        });
    }

    test('an error that is too large is cut, and leaves the process in use', async (t) => {
        const {pid, fails} = await withFaults(t);
        const before = await pid();
        const {error} = await fails('throw', {what: 'an error that is too large'});
        assert.equal(error.message, 'x'.repeat(64 * 1024));
        assert.equal(await pid(), before);
    });
});

suite('values that cannot be passed on', () => {
    test('data that cannot be cloned, or is too large, is refused by runJob, which says where', async (t) => {
        const {manager, pid, run} = await withFaults(t);
        await assert.rejects(run('pid', {deep: {callback: () => {}}}), (error) => {
            assert.equal(error.name, 'DataCloneError');
            assert.match(error.message, /faults.*data\.deep\.callback/);
            return true;
        });
        const large = new Uint8Array(257 * MB);
        await assert.rejects(manager.runJob('faults', {data: large}), {
            code: 'ERR_MESSAGE_TOO_LARGE',
            message: /data for job "faults".*269484048 bytes/
        });
        assert.equal(typeof (await pid()), 'number');
    });

    const RESULTS = {
        'return a function': {name: 'DataCloneError'},
        'return too much': {name: 'RangeError', code: 'ERR_MESSAGE_TOO_LARGE'},
        'return a getter that throws': {message: 'getter'},
        'set a result that is too large': {code: 'ERR_MESSAGE_TOO_LARGE'}
    };
    for (const [how, expected] of Object.entries(RESULTS)) {
        test(`${how}: fails the run, and leaves the process in use`, async (t) => {
            const {pid, fails, errors} = await withFaults(t);
            const before = await pid();
            const {error} = await fails(how);
            for (const [key, value] of Object.entries(expected)) {
                assert.equal(error[key], value);
            }
            assert.equal(await pid(), before);
            assert.equal(errors.length, 1);
        });
    }
});

suite('a process that is lost with its run', () => {
    const LOST = {
        'write garbage': {code: 'JOB_CHANNEL_BROKEN'},
        'write half a frame': {code: /^JOB_(CHANNEL_BROKEN|EXIT_CODE)$/},
        'close its answers': {code: /^JOB_/},
        'answer with no value': undefined
    };
    for (const [how, expected] of Object.entries(LOST)) {
        test(`${how}: one end, and the next run gets what it needs`, async (t) => {
            const {manager, pid, run, errors} = await withFaults(t);
            const before = await pid();
            let ends = 0;
            manager.bree.on('run ended', () => {
                ends += 1;
            });
            const failing = await run(how);
            const next = await run('pid');
            const {error} = await failureOf(failing);
            if (expected) {
                assert.match(String(error.code), new RegExp(expected.code));
                assert.notEqual(await next.result, before);
                assert.equal(errors.length, 1);
            } else {
                await next.result;
            }
            assert.equal(ends, 2);
        });
    }

    test('a process that closes the descriptor of its requests is replaced', async (t) => {
        const {pid, result} = await withFaults(t);
        const before = await pid();
        await result('close its requests').catch(() => {});
        const after = await pid().catch((error) => error);
        assert.notEqual(after, before);
        assert.equal(typeof (await pid()), 'number');
    });

    test('a heap that is full ends its run alone, and the next one gets another process', async (t) => {
        const {fails, pid} = await withFaults(t, {
            worker: {resourceLimits: {maxOldGenerationSizeMb: 24}, stderr: undefined}
        });
        const before = await pid();
        const {error} = await fails('fill the heap');
        assert.equal(error.code, 'JOB_SIGNAL');
        assert.notEqual(await pid(), before);
    });

    test('a run over memoryLimitMb is killed alone, while another one goes on', async (t) => {
        const {run, fails} = await withFaults(t, {concurrency: 2, memoryLimitMb: 200});
        const file = path.join(temporaryFolder(t), 'open');
        const other = await run('gate', {file});
        const {error} = await fails('grow for ever');
        assert.equal(error.code, 'JOB_MEMORY_LIMIT');
        assert.equal(other.info().state, 'running');
        fs.writeFileSync(file, '');
        assert.equal(typeof (await other.result), 'number');
    });

    test('a process that has stopped itself is ended by the time limit of its run', async (t) => {
        const {fails, pid} = await withFaults(t, {timeout: 100, gracePeriod: 20});
        const before = await pid();
        assert.equal((await fails('stop itself')).error.code, 'JOB_TIMEOUT');
        assert.notEqual(await pid(), before);
    });

    test('SIGKILL in the middle of a run is the end of that run alone', async (t) => {
        const {manager, run} = await withFaults(t, {concurrency: 2});
        const file = path.join(temporaryFolder(t), 'open');
        const first = await run('gate', {file});
        const second = await run('forever');
        await new Promise((resolve) => second.on('progress', resolve));
        await eventually('both', () => first.info().state === 'running');
        const [killed] = await childTitled(process.pid, 'job: faults', 2);
        process.kill(killed, 'SIGKILL');
        const ended = await Promise.race(
            [first, second].map((one) => new Promise((resolve) => one.on('ended', () => resolve(one))))
        );
        assert.equal((await failureOf(ended)).error.code, 'JOB_SIGNAL');
        const other = ended === first ? second : first;
        assert.equal(other.info().state, 'running');
        fs.writeFileSync(file, '');
        await (other === first ? first.result : other.cancel());
        assert.equal(
            typeof (await manager.runJob('faults', {data: {how: 'pid'}}).then(({result}) => result)),
            'number'
        );
    });
});

/** The processes of a host with that title, once there are so many. */
function childTitled(host, title, count) {
    const {childrenOf} = require('../support/hosts');
    return eventually(`${count} of "${title}"`, () => {
        const found = childrenOf(host).filter((pid) => titleOf(pid).startsWith(title));
        return found.length === count && found;
    });
}

function titleOf(pid) {
    try {
        return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    } catch {
        return '';
    }
}

suite('what a handler leaves behind', () => {
    test('a promise that it leaves rejected fails no run: the process goes, which is logged', async (t) => {
        const {run, errors, logs} = await withFaults(t);
        const runs = [];
        for (let count = 0; count < 20; count += 1) {
            runs.push(await run(count % 2 ? 'pid' : 'leave a rejection'));
        }
        const pids = await Promise.all(runs.map(({result}) => result));
        assert.deepEqual(errors, []);
        assert.equal(new Set(pids).size, 11, 'each that leaves one takes its process with it');
        await eventually('ten lines', () => lostLines(logs).length === 10);
        assert.match(
            lostLines(logs)[0],
            /job "faults" ended between two runs: Error: left behind[^]*next run gets another/
        );
    });

    const LEFT = {
        'leave a timer that throws': /between two runs: Error: left behind/,
        'leave a timer that exits': /between two runs: .*code 3/,
        'leave garbage': /between two runs: .*frame of unknown kind 99/
    };
    for (const [how, line] of Object.entries(LEFT)) {
        test(`${how}: between two runs it fails none, and is logged`, async (t) => {
            const {result, pid, errors, logs} = await withFaults(t);
            const before = await result(how, {ms: 20});
            await eventually('the line', () => lostLines(logs).length === 1);
            assert.match(lostLines(logs)[0], line);
            assert.notEqual(await pid(), before);
            assert.deepEqual(errors, []);
        });
    }

    test('a timer that throws while another run goes ends that run with its error: they share the process', async (t) => {
        const {result, fails, pid} = await withFaults(t);
        const before = await result('leave a timer that throws', {ms: 20});
        assert.equal((await fails('forever')).error.message, 'left behind');
        assert.notEqual(await pid(), before);
    });

    test('"done" from a handler is a message like any other', async (t) => {
        const {result, pid, messages} = await withFaults(t);
        assert.equal(await result('post done'), await pid());
        assert.deepEqual(messages, [{name: 'faults', message: 'done'}]);
    });
});

function lostLines(logs) {
    return logs
        .filter(({level, text}) => level === 'error' && text.includes('between two runs'))
        .map(({text}) => text);
}

suite('one run cannot answer for another', () => {
    test('frames about a run of another process are dropped', async (t) => {
        const {run, result} = await withFaults(t, {concurrency: 2});
        const file = path.join(temporaryFolder(t), 'open');
        const other = await run('gate', {file});
        await eventually('it goes', () => other.info().state === 'running');
        await result('answer for another run', {number: Number(other.id.split('-')[1])});
        assert.equal(other.info().state, 'running');
        fs.writeFileSync(file, '');
        assert.equal(typeof (await other.result), 'number');
    });
});

suite('a module that cannot be loaded', () => {
    test('fails the runs that wait, each once, and holds up no other job', async (t) => {
        const {manager, errors} = createManager(t);
        const file = path.join(temporaryFolder(t), 'broken.js');
        fs.writeFileSync(file, 'throw new RangeError("at loading")');
        await manager.defineJob({name: 'broken', job: file, concurrency: 2});
        await manager.defineJob({name: 'echo', job: jobs('echo.js')});
        const broken = await Promise.all(Array.from({length: 6}, () => manager.runJob('broken')));
        assert.equal((await resultOf(manager, 'echo', {data: 1})).data, 1);
        for (const run of broken) {
            assert.equal((await failureOf(run)).error.message, 'at loading');
        }
        assert.equal(errors.length, 6);
    });

    test('one that never ends loading is ended with its job', async (t) => {
        const {manager} = createManager(t);
        const file = path.join(temporaryFolder(t), 'endless.mjs');
        fs.writeFileSync(
            file,
            'setInterval(() => {}, 1e6); await new Promise(() => {}); export default () => {};'
        );
        await manager.defineJob({name: 'endless', job: file});
        const run = await manager.runJob('endless');
        const [pid] = await childTitled(process.pid, 'job: endless', 1);
        await manager.removeJob('endless');
        assert.equal(run.info().state, 'cancelled');
        await eventually('the end of the process', () => titleOf(pid) === '');
    });
});
