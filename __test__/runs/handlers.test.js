'use strict';

// Handlers: jobs that are functions, called by runJob.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const {eventually} = require('../support/processes');
const {createManager} = require('../support/runs');
const {temporaryFolder} = require('../support/temporary-folder');
const {jobs, resultOf} = require('./support');

test('a CommonJS module is called with the data of the run, and its value is the result', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'echo', job: jobs('echo.js'), data: 'own'});
    const run = await manager.runJob('echo', {data: {when: new Date(0), list: new Set([1])}});
    const {data, pid, run: facts} = await run.result;
    assert.deepEqual(data, {when: new Date(0), list: new Set([1])});
    assert.notEqual(pid, process.pid);
    assert.deepEqual(facts, {id: run.id, name: 'echo', attempt: 1, attempts: 1, trigger: 'manual'});
    assert.match(run.id, /^[0-9a-f]{8}-\d+$/);
    assert.equal(run.name, 'echo');
    assert.equal((await resultOf(manager, 'echo')).data, 'own');
});

test('an ES module is called by its default export', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'echo', job: jobs('echo.mjs')});
    const {data, isModule} = await resultOf(manager, 'echo', {data: [1]});
    assert.deepEqual(data, [1]);
    assert.equal(isModule, true);
});

test('a function is called on this event loop, with the data itself', async (t) => {
    const {manager} = createManager(t);
    const data = {self: () => {}};
    const calls = [];
    await manager.defineJob({
        name: 'inline',
        job: async (given, run) => {
            calls.push(given);
            return [run.id, run.name, run.trigger, run.attempt];
        }
    });
    const run = await manager.runJob('inline', {data});
    assert.deepEqual(await run.result, [run.id, 'inline', 'manual', 1]);
    assert.equal(calls[0], data);
});

test('a module is called on this event loop where that is asked for', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'cjs', job: jobs('echo.js'), offloaded: false});
    await manager.defineJob({name: 'esm', job: jobs('echo.mjs'), offloaded: false});
    assert.equal((await resultOf(manager, 'cjs', {data: 1})).pid, process.pid);
    assert.equal((await resultOf(manager, 'esm', {data: 1})).pid, process.pid);
});

test('one process serves one run after another, and one at a time', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'order', job: jobs('in-order.js'), concurrency: 1});
    const numbers = Array.from({length: 50}, (_, index) => index);
    const runs = await Promise.all(numbers.map((data) => manager.runJob('order', {data})));
    const results = await Promise.all(runs.map(({result}) => result));
    assert.equal(new Set(results.map(({pid}) => pid)).size, 1);
    assert.deepEqual(results.at(-1).order, numbers);
    assert.equal(results.at(-1).most, 1);
});

test('a concurrency of 2 is two processes', async (t) => {
    const {manager} = createManager(t);
    const gate = path.join(temporaryFolder(t), 'open');
    await manager.defineJob({name: 'gate', job: jobs('gate.js'), concurrency: 2});
    const runs = await Promise.all([1, 2, 3].map(() => manager.runJob('gate', {data: gate})));
    await eventually('two that run', () => runs.filter((run) => run.info().state === 'running').length === 2);
    assert.equal(runs[2].info().state, 'queued');
    fs.writeFileSync(gate, '');
    const pids = await Promise.all(runs.map(({result}) => result));
    assert.notEqual(pids[0], pids[1]);
    assert.ok(pids.slice(0, 2).includes(pids[2]));
});

test('a process is replaced after the runs that reuse allows, and after each where it is false', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'twice', job: jobs('echo.js'), concurrency: 1, reuse: {runs: 2}});
    await manager.defineJob({name: 'fresh', job: jobs('echo.js'), concurrency: 1, reuse: false});
    const pids = async (name) => {
        const found = [];
        for (let count = 0; count < 4; count += 1) {
            found.push((await resultOf(manager, name)).pid);
        }
        return found;
    };
    const [a, b, c, d] = await pids('twice');
    assert.deepEqual([a === b, b === c, c === d], [true, false, true]);
    assert.equal(new Set(await pids('fresh')).size, 4);
});

test('undefined is a result, and what was given to result() where the handler returns nothing', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'nothing', job: () => {}});
    await manager.defineJob({name: 'reports', job: jobs('reports.js')});
    assert.equal(await resultOf(manager, 'nothing'), undefined);
    assert.equal(await resultOf(manager, 'reports'), 'from result()');
});

for (const [kind, job] of [
    ['offloaded', jobs('reports.js')],
    ['inline', require('./jobs/reports.js')]
]) {
    test(`listeners of an ${kind} run get its progress and log lines`, async (t) => {
        const {manager} = createManager(t);
        await manager.defineJob({name: 'reports', job});
        const run = await manager.runJob('reports');
        const heard = {progress: [], log: []};
        run.on('progress', (progress) => heard.progress.push(progress));
        run.on('log', ({level, message, fields}) => heard.log.push({level, message, fields}));
        const [info] = await once(run, 'ended');
        assert.deepEqual(
            heard.progress.map(({value, note}) => [value, note]),
            [
                [0.25, undefined],
                [0.75, 'nearly']
            ]
        );
        assert.ok(heard.progress.every(({at}) => at instanceof Date));
        assert.deepEqual(heard.log, [
            {level: 'info', message: 'a line', fields: {key: 1}},
            {level: 'warn', message: 'a warning', fields: undefined}
        ]);
        assert.equal(info.state, 'completed');
        assert.equal(info.progress.value, 0.75);
    });
}

test('awaitCompletion resolves with the result of a handler, and rejects with its error', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'echo', job: jobs('echo.js')});
    await manager.defineJob({name: 'inline', job: (data) => data});
    await manager.defineJob({name: 'ends', job: jobs('ends.js')});
    const waits = ['echo', 'inline'].map((name) => manager.awaitCompletion(name));
    const failure = assert.rejects(manager.awaitCompletion('ends'), {code: 'NO_THING'});
    await manager.runJob('echo', {data: 5});
    await manager.runJob('inline', {data: 6});
    await manager.runJob('ends', {data: {how: 'throw'}});
    assert.equal((await waits[0]).data, 5);
    assert.equal(await waits[1], 6);
    await failure;
});

test('a run of the schedule is called with the data of the job', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'once', job: jobs('echo.js'), at: new Date(Date.now() + 50), data: 'own'});
    await manager.defineJob({
        name: 'inline',
        job: (data, run) => ({data, run: {trigger: run.trigger, due: run.due}}),
        at: new Date(Date.now() + 50),
        data: 'inline own'
    });
    const results = await Promise.all(['once', 'inline'].map((name) => manager.awaitCompletion(name)));
    assert.deepEqual(
        results.map(({data}) => data),
        ['own', 'inline own']
    );
    assert.deepEqual(
        results.map(({run}) => run.trigger),
        ['date', 'date']
    );
    assert.ok(results[1].run.due instanceof Date);
});

test('a handler can be run at once and again after it was removed and defined again', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'job', job: jobs('echo.js'), data: 1});
    await assert.rejects(manager.defineJob({name: 'job', job: jobs('echo.js')}), {
        code: 'JOB_DUPLICATE_NAME'
    });
    const {pid} = await resultOf(manager, 'job');
    await manager.removeJob('job');
    await assert.rejects(manager.runJob('job'), {code: 'JOB_UNKNOWN'});
    await manager.defineJob({name: 'job', job: jobs('echo.js'), data: 2});
    const next = await resultOf(manager, 'job');
    assert.equal(next.data, 2);
    assert.notEqual(next.pid, pid);
});

test('HANDLER_MISSING names the file and what it exports', async (t) => {
    const {manager, errors} = createManager(t);
    const file = jobs('no-function.js');
    await manager.defineJob({name: 'none', job: file});
    await manager.defineJob({name: 'inline', job: file, offloaded: false});
    for (const name of ['none', 'inline']) {
        await assert.rejects(resultOf(manager, name), {
            code: 'HANDLER_MISSING',
            message: `The module ${file} of job "${name}" must export a function as its default: it exports resize, width`
        });
    }
    assert.deepEqual(
        errors.map(({name}) => name),
        ['none', 'inline']
    );
});

test('what makes no sense is refused in words', async (t) => {
    const {manager} = createManager(t, {queues: {mail: {concurrency: 2}}});
    const define = (job) => manager.defineJob({name: 'job', job: jobs('echo.js'), ...job});
    const refused = [
        [{job: () => {}, offloaded: true}, 'INVALID_OPTION', /cannot be offloaded.*module/],
        [{name: ''}, 'INVALID_OPTION', /needs a "name"/],
        [{queue: 'mial'}, 'INVALID_OPTION', /"mial".*Did you mean "mail"/],
        [{queue: 'mail', concurrency: 2}, 'INVALID_OPTION', /"concurrency".*"queue"/],
        [{concurrency: 0}, 'INVALID_OPTION', /"concurrency".*whole number from 1/],
        [{reuse: {runs: 0}}, 'INVALID_OPTION', /"runs" in "reuse" of job "job"/],
        [{job: () => {}, memoryLimitMb: 5}, 'INVALID_OPTION', /"memoryLimitMb".*offloaded/],
        [{data: () => {}}, undefined, /Job "job".*data/],
        [{job: jobs('missing.js')}, 'JOB_PATH_MISSING', /no such file/],
        [{job: jobs('missing.js'), offloaded: false}, 'MODULE_NOT_FOUND', /missing/],
        [{job: 5}, 'JOB_MISSING', /path or a function/]
    ];
    for (const [options, code, message] of refused) {
        await assert.rejects(define(options), (error) => {
            assert.match(error.message, message);
            assert.ok(code === undefined || error.code === code, error.code);
            return true;
        });
    }
    assert.throws(() => createManager(t, {queues: {mail: {concurency: 'x'}, post: 5}}), {
        code: 'INVALID_OPTION'
    });
    await define({});
    for (const [options, message] of [
        [{priority: 101}, /"priority".*-100 to 100/],
        [{id: ''}, /"id"/],
        [{at: 'tomorrow'}, /"at".*Date/],
        [{signal: {}}, /"signal".*AbortSignal/],
        [5, /runJob\(\) takes an object/]
    ]) {
        await assert.rejects(manager.runJob('job', options), {code: 'INVALID_OPTION', message});
    }
    await assert.rejects(manager.runJob('job', {data: () => {}}), {name: 'DataCloneError'});
    await assert.rejects(manager.runJob('jbo'), {code: 'JOB_UNKNOWN'});
});

test('what a handler posts reaches the workerMessageHandler, and events are dispatched', async (t) => {
    const messages = [];
    const dispatched = [];
    const {manager} = createManager(t, {
        workerMessageHandler: (event) => messages.push(event),
        domainEvents: {dispatchRaw: (...event) => dispatched.push(event)}
    });
    await manager.defineJob({name: 'posts', job: jobs('posts.js')});
    await resultOf(manager, 'posts', {data: 'started'});
    await resultOf(manager, 'posts', {data: {event: {type: 'Sent', data: 3}}});
    assert.deepEqual(messages, [
        {name: 'posts', message: 'started', worker: undefined},
        {name: 'posts', message: {event: {type: 'Sent', data: 3}}, worker: undefined}
    ]);
    assert.deepEqual(dispatched, [['Sent', 3]]);
});

test('the output of a handler cannot be captured, and goes where the host prints', async (t) => {
    const {manager, logs} = createManager(t, {worker: {stdout: true}});
    await assert.rejects(manager.defineJob({name: 'echo', job: jobs('echo.js'), worker: {stderr: true}}), {
        code: 'INVALID_OPTION',
        message: /"worker\.stderr" of job "echo" is for scripts/
    });
    await manager.defineJob({name: 'prints', job: jobs('prints.js')});
    assert.equal(await resultOf(manager, 'prints'), 'printed');
    assert.deepEqual(
        logs.filter(({level}) => level !== 'info'),
        []
    );
});
