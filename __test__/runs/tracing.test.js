'use strict';

// What is published on node:diagnostics_channel.

const assert = require('node:assert/strict');
const {AsyncLocalStorage} = require('node:async_hooks');
const {channel, tracingChannel} = require('node:diagnostics_channel');
const {test} = require('node:test');
const {eventually} = require('../support/processes');
const {createManager} = require('../support/runs');
const {failureOf, jobs, resultOf, trying} = require('./support');

/** Subscribes to the tracing channel of runs until the test ends. @returns {Array} what was published */
function traced(t) {
    const heard = [];
    const subscribers = Object.fromEntries(
        ['start', 'end', 'asyncStart', 'asyncEnd', 'error'].map((part) => [
            part,
            (context) => heard.push({part, context, ...context})
        ])
    );
    const tracing = tracingChannel('job-manager:run');
    tracing.subscribe(subscribers);
    t.after(() => tracing.unsubscribe(subscribers));
    return heard;
}

function published(t, name) {
    const heard = [];
    const listener = (message) => heard.push(message);
    channel(name).subscribe(listener);
    t.after(() => channel(name).unsubscribe(listener));
    return heard;
}

const parts = (heard) => heard.map(({part, attempt}) => `${part} ${attempt}`);
const OF_A_FAILURE = ['start 1', 'end 1', 'error 1', 'asyncStart 1', 'asyncEnd 1'];
const OF_A_COMPLETION = ['start 1', 'end 1', 'asyncStart 1', 'asyncEnd 1'];

test('each attempt of a script is traced from its process to its end', async (t) => {
    const heard = traced(t);
    const failures = published(t, 'job-manager:attempt:failed');
    const spawned = published(t, 'job-manager:worker:spawn');
    const registered = published(t, 'job-manager:job:registered');
    const {manager} = createManager(t);
    const {job} = trying(t, ['throw', 'done'], {name: 'script', attempts: 2, backoff: 0, at: 'every day'});
    await manager.addJob(job);
    const requests = new AsyncLocalStorage();
    const run = await requests.run('the request', () => manager.runJob('script'));
    await run.result;
    const second = OF_A_COMPLETION.map((part) => part.replace('1', '2'));
    assert.deepEqual(parts(heard), [...OF_A_FAILURE, ...second]);
    const {manager: instance, ...facts} = heard[0].context;
    assert.equal(`${instance}-`, run.id.slice(0, instance.length + 1));
    const {error, pid, inCaller, ...others} = facts;
    assert.equal(error.message, 'no luck 1');
    assert.ok(pid > 0 && pid !== heard.at(-1).context.pid);
    assert.equal(
        inCaller(() => requests.getStore()),
        'the request'
    );
    assert.deepEqual(others, {
        job: 'script',
        run: run.id,
        attempt: 1,
        kind: 'offloaded',
        trigger: 'manual',
        schedule: 'every day',
        cause: 'error',
        exitCode: undefined,
        signal: undefined
    });
    assert.equal(failures[0].error.message, 'no luck 1');
    assert.equal(spawned.length, 2);
    assert.deepEqual(registered[0].name, 'script');
});

test('runs of a handler are traced with what they answer', async (t) => {
    const heard = traced(t);
    const {manager} = createManager(t);
    await manager.defineJob({name: 'echo', job: jobs('echo.js')});
    const {data} = await resultOf(manager, 'echo', {data: 5});
    assert.equal(data, 5);
    assert.deepEqual(parts(heard), OF_A_COMPLETION);
    assert.equal(heard[3].result.data, 5);
});

test('the function of an inline job runs within the span that its start begins', async (t) => {
    const spans = new AsyncLocalStorage();
    const tracing = tracingChannel('job-manager:run');
    tracing.start.bindStore(spans, ({job}) => `span of ${job}`);
    const heard = traced(t);
    t.after(() => tracing.start.unbindStore(spans));
    const {manager} = createManager(t);
    const seen = [];
    await manager.addJob({offloaded: false, job: () => seen.push(spans.getStore())});
    await manager.addJob({name: 'named', offloaded: false, job: async () => seen.push(spans.getStore())});
    await manager.addJob({
        name: 'fails',
        offloaded: false,
        job: () => {
            throw new Error('no luck');
        }
    });
    await manager.allSettled().catch(() => {});
    assert.deepEqual(seen, ['span of undefined', 'span of named']);
    const of = (job) => parts(heard.filter((event) => event.job === job));
    assert.deepEqual(of('fails').toSorted(), OF_A_FAILURE.toSorted());
    await manager.defineJob({name: 'handler', job: async () => spans.getStore()});
    assert.equal(await resultOf(manager, 'handler'), 'span of handler');
    await manager.defineJob({
        name: 'handler that fails',
        job: async () => {
            throw new Error('no luck');
        }
    });
    await failureOf(await manager.runJob('handler that fails'));
    assert.deepEqual(of('handler that fails').toSorted(), OF_A_FAILURE.toSorted());
    const last = heard.at(-1);
    assert.deepEqual([last.kind, last.error.message, typeof last.run], ['inline', 'no luck', 'string']);
});

test('nothing is traced once nobody subscribes any more', async (t) => {
    const {manager} = createManager(t);
    const tracing = tracingChannel('job-manager:run');
    const heard = [];
    const subscribers = {start: (context) => heard.push(context)};
    await manager.defineJob({name: 'echo', job: jobs('echo.js')});
    tracing.subscribe(subscribers);
    await resultOf(manager, 'echo');
    tracing.unsubscribe(subscribers);
    await resultOf(manager, 'echo');
    assert.equal(heard.length, 1);
});

test('a tracer that subscribes once all jobs are defined hears of the first run of a schedule, and of a retry', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'scheduled', at: '* * * * * *', job: jobs('echo.js')});
    await manager.defineJob({
        name: 'retried',
        attempts: 2,
        backoff: 0,
        job: jobs('ends.js'),
        data: {how: 'throw'}
    });
    const run = await manager.runJob('retried');
    const heard = traced(t);
    await failureOf(run);
    const of = (name) => heard.filter(({job}) => job === name);
    await eventually('the end of a scheduled run', () => of('scheduled').length >= 4);
    const second = OF_A_FAILURE.map((part) => part.replace('1', '2'));
    assert.deepEqual(parts(of('retried')).slice(-5), second);
    assert.deepEqual(parts(of('scheduled')).slice(0, 4), OF_A_COMPLETION);
});
