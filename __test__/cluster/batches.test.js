'use strict';

// Runs that are asked for are added to PostgreSQL together, and what ended is kept by its age.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {Batches} = require('../../lib/cluster/bullmq/batches');
const {packed} = require('../../lib/cluster/bullmq/codec');
const {KEPT, Retention, TRIM_PERIOD_RUNS} = require('../../lib/cluster/bullmq/retention');

/** A queue that notes what it is given, and refuses what has the name 'bad'. */
function makeQueue() {
    const calls = [];
    const check = (...names) => {
        if (names.includes('bad')) {
            throw new Error('refused');
        }
    };
    return {
        calls,
        async add(name, data, opts) {
            calls.push({alone: opts.jobId});
            check(name);
        },
        async addBulk(jobs) {
            calls.push({bulk: jobs.map(({opts}) => opts.jobId)});
            check(...jobs.map(({name}) => name));
        }
    };
}

const addAll = (batches, names) =>
    Promise.allSettled(names.map((name, index) => batches.add(name, {}, {jobId: `${index}`})));

test('the first request is added at once, and requests made while it is being added are added together', async () => {
    const queue = makeQueue();
    await addAll(new Batches(queue), ['a', 'b', 'c', 'd', 'e', 'f']);
    assert.deepEqual(queue.calls, [{alone: '0'}, {bulk: ['1', '2', '3', '4', '5']}]);
});

test('a few requests made while another one is being added are added one by one', async () => {
    const queue = makeQueue();
    await addAll(new Batches(queue), ['a', 'b', 'c']);
    assert.deepEqual(queue.calls, [{alone: '0'}, {alone: '1'}, {alone: '2'}]);
});

test('the error of one goes to the one that asked for it, and the others are added', async () => {
    const queue = makeQueue();
    const batches = new Batches(queue);
    const outcomes = await addAll(batches, ['a', 'b', 'bad', 'd', 'e', 'f']);
    assert.deepEqual(
        outcomes.map(({status, reason}) => reason?.message ?? status),
        ['fulfilled', 'fulfilled', 'refused', 'fulfilled', 'fulfilled', 'fulfilled']
    );
    assert.deepEqual(
        queue.calls.slice(2).map(({alone}) => alone),
        ['1', '2', '3', '4', '5']
    );
    await batches.add('later', {}, {jobId: 'later'});
    assert.deepEqual(queue.calls.at(-1), {alone: 'later'});
});

test('large data is added alone', async () => {
    const queue = makeQueue();
    const batches = new Batches(queue);
    const large = {bytes: 'x'.repeat(100_000)};
    await Promise.all([
        ...Array.from({length: 5}, (_, index) => batches.add('a', {}, {jobId: `${index}`})),
        batches.add('a', large, {jobId: 'large'})
    ]);
    assert.deepEqual(queue.calls, [{alone: '0'}, {bulk: ['1', '2', '3', '4']}, {alone: 'large'}]);
});

test('on PostgreSQL BullMQ is given no number of runs to keep: it would read them all at each end of a run', () => {
    const options = (isPostgres) => new Retention({isPostgres}).options;
    assert.deepEqual(options(true), {
        removeOnComplete: {age: KEPT.completed.age},
        removeOnFail: {age: KEPT.failed.age}
    });
    assert.deepEqual(options(false), {removeOnComplete: KEPT.completed, removeOnFail: KEPT.failed});
});

test('there a host deletes what is beyond the number, once in many runs', async () => {
    const cleaned = [];
    let trimmed;
    const queue = {
        getJobs: async ([state], start) =>
            state === 'completed' && start === KEPT.completed.count
                ? [{finishedOn: Date.now() - 60_000}]
                : [],
        clean: async (graceMs, limit, state) => cleaned.push({graceMs, limit, state})
    };
    const retention = new Retention({
        queue,
        isPostgres: true,
        trying: (call) => {
            trimmed = call();
        }
    });
    for (let run = 1; run < TRIM_PERIOD_RUNS; run += 1) {
        retention.runEnded();
    }
    assert.equal(trimmed, undefined);
    retention.runEnded();
    await trimmed;
    assert.equal(cleaned.length, 1);
    assert.equal(cleaned[0].state, 'completed');
    assert.ok(cleaned[0].graceMs >= 60_000 && cleaned[0].graceMs < 120_000, String(cleaned[0].graceMs));
});

test('a value with a NUL character has no JSON view, which PostgreSQL would refuse', () => {
    assert.equal(packed(new Uint8Array([1]), 'a\0b').view, undefined);
    assert.equal(packed(new Uint8Array([1]), 'ab').view, 'ab');
});
