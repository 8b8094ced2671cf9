'use strict';

// Retries of jobs on the host's event loop.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const JobManager = require('../..');
const {createManager, deferred, nextTurn} = require('../inline/support');
const {memoryModel} = require('./support');

const HOUR_MS = 3_600_000;

/** A function that fails so many times, and then returns. */
function failing(times) {
    const calls = [];
    const job = (data) => {
        calls.push(data);
        if (calls.length <= times) {
            throw new Error(`no luck ${calls.length}`);
        }
    };
    return {calls, job};
}

const settings = (options) => ({name: 'job', offloaded: false, attempts: 3, backoff: 5, ...options});

/** Resolves with the warning that tells of the next attempt. */
function retryWarning() {
    const {promise, resolve} = deferred();
    const lines = {warn: [], error: []};
    const logger = {
        info() {},
        warn(line) {
            lines.warn.push(line);
            resolve(line);
        },
        error: (error) => lines.error.push(error)
    };
    return {logger, lines, warned: promise};
}

for (const [kind, add] of [
    ['that is queued at once', (manager, job) => manager.addJob(job)],
    ['with a date', (manager, job) => manager.addJob({...job, at: new Date(Date.now() + 20)})]
]) {
    test(`an inline job ${kind} that heals on attempt 3 is a completion`, async (t) => {
        const {manager, lines} = createManager(t);
        const {calls, job} = failing(2);
        const completion = manager.awaitCompletion('job');
        await add(manager, settings({job, data: 7}));
        await completion;
        assert.deepEqual(calls, [7, 7, 7]);
        assert.deepEqual(lines.warn, [
            'Job "job" failed (attempt 1 of 3), next attempt in 5 ms: no luck 1',
            'Job "job" failed (attempt 2 of 3), next attempt in 5 ms: no luck 2'
        ]);
        assert.deepEqual(lines.error, []);
    });

    test(`an inline job ${kind} that fails to the end has failed once`, async (t) => {
        const {manager, errors} = createManager(t);
        const {calls, job} = failing(9);
        const handled = [];
        const ownHandler = manager._jobErrorHandler;
        manager._jobErrorHandler = (error, meta) => {
            handled.push(error);
            return ownHandler(error, meta);
        };
        const failure = assert.rejects(manager.awaitCompletion('job'), {message: 'no luck 3'});
        await add(manager, settings({job}));
        await failure;
        assert.equal(calls.length, 3);
        assert.equal(errors.length, 1);
        assert.deepEqual(
            handled.map(({message, attempts}) => [message, attempts.map((earlier) => earlier.message)]),
            [['no luck 3', ['no luck 1', 'no luck 2']]]
        );
    });
}

test('allSettled and idle wait for a retry that holds no place in the queue, and reject for the final error', async (t) => {
    const {logger, warned} = retryWarning();
    const manager = new JobManager({logger, inlineConcurrency: 1});
    t.after(() => manager.shutdown());
    const gate = deferred();
    const {job} = failing(9);
    await manager.addJob(settings({job, attempts: 2, backoff: () => gate.promise}));
    const settled = assert.rejects(manager.allSettled(), {message: 'no luck 2'});
    while (manager.inlineQueue.length() > 0) {
        await nextTurn();
    }
    const other = manager.awaitCompletion('other');
    await manager.addJob({name: 'other', offloaded: false, job() {}});
    await other;
    assert.deepEqual([manager.inlineQueue.length(), manager.inlineQueue.idle()], [0, false]);
    gate.resolve(1);
    assert.match(await warned, /next attempt in \d ms: no luck 1/);
    await settled;
    assert.equal(manager.inlineQueue.idle(), true);
});

test('a permanent error of an inline job is not tried again', async (t) => {
    const {manager, lines} = createManager(t);
    const job = () => {
        throw new JobManager.PermanentJobError('no use');
    };
    await manager.addJob(settings({job}));
    await assert.rejects(manager.awaitCompletion('job'), {name: 'PermanentJobError', message: 'no use'});
    assert.deepEqual(lines.warn, []);
});

test('the time limit of an inline job counts for each attempt', async (t) => {
    const {manager} = createManager(t);
    let calls = 0;
    const job = () => ((calls += 1) < 2 ? new Promise(() => {}) : undefined);
    const completion = manager.awaitCompletion('job');
    await manager.addJob(settings({job, timeout: 20}));
    await completion;
    assert.equal(calls, 2);
});

for (const [how, end] of [
    ['its job is removed', (manager) => manager.removeJob('job')],
    ['its job is stopped', (manager) => manager.bree.stop('job')],
    ['the manager is shut down', (manager) => manager.shutdown()],
    ["the manager is shut down with waiting: 'drop'", (manager) => manager.shutdown({waiting: 'drop'})]
]) {
    test(`a retry of an inline job that waits is given up when ${how}`, async (t) => {
        const {logger, lines, warned} = retryWarning();
        const manager = new JobManager({logger});
        t.after(() => manager.shutdown());
        const {calls, job} = failing(9);
        const failure = assert.rejects(manager.awaitCompletion('job'), {message: 'no luck 1'});
        await manager.addJob(settings({job, backoff: HOUR_MS}));
        await warned;
        const settled = assert.rejects(manager.allSettled(), {message: 'no luck 1'});
        await end(manager);
        await failure;
        await settled;
        assert.deepEqual([calls.length, lines.error.length], [1, 1]);
        assert.equal(manager.inlineQueue.idle(), true);
    });
}

test('a run whose job is removed while its second attempt waits for its turn ends with the first error', async (t) => {
    const {manager, lines} = createManager(t, {inlineConcurrency: 1});
    const gate = deferred();
    const begun = deferred();
    const {calls, job} = failing(9);
    await manager.addJob(settings({job, backoff: 1}));
    // It begins when the first attempt has failed.
    await manager.addJob({name: 'first', offloaded: false, job: () => (begun.resolve(), gate.promise)});
    await begun.promise;
    while (lines.warn.length === 0) {
        await nextTurn();
    }
    // The turn of the second attempt is after that one.
    while (manager.inlineQueue.length() === 0) {
        await nextTurn();
    }
    const settled = assert.rejects(manager.allSettled(), {message: 'no luck 1'});
    await manager.removeJob('job');
    gate.resolve();
    await settled;
    assert.equal(calls.length, 1);
});

test('the name of an inline job with attempts is taken while it goes, and free once it is over', async (t) => {
    const {manager} = createManager(t);
    const gate = deferred();
    await manager.addJob(settings({job: () => gate.promise}));
    await assert.rejects(manager.addJob(settings({job() {}})), {code: 'JOB_DUPLICATE_NAME'});
    const completion = manager.awaitCompletion('job');
    gate.resolve();
    await completion;
    await manager.allSettled();
    await nextTurn();
    const again = manager.awaitCompletion('job');
    await manager.addJob(settings({job() {}}));
    await again;
});

test('nothing is left of inline jobs with attempts that are over', async (t) => {
    const {manager} = createManager(t);
    for (let count = 0; count < 50; count += 1) {
        const {job} = failing(count % 3);
        await manager.addJob(settings({name: `job ${count}`, job, attempts: 2, backoff: 0}));
    }
    await assert.rejects(manager.allSettled(), {message: 'no luck 2'});
    while (manager.bree.config.jobs.length > 0) {
        await nextTurn();
    }
    assert.equal(manager.bree.timeouts.size, 0);
    await assert.rejects(manager.removeJob('job 0'), {message: 'Job "job 0" does not exist'});
});

test('an inline job with attempts needs a name', async (t) => {
    const {manager} = createManager(t);
    await assert.rejects(manager.addJob({offloaded: false, attempts: 2, job() {}}), {
        code: 'JOB_NAME_MISSING'
    });
});

test('the row of an inline one-off stays started between attempts', async (t) => {
    const {JobModel, written} = memoryModel();
    const {manager} = createManager(t, {JobModel});
    const {job} = failing(2);
    await manager.addOneOffJob(settings({job}));
    assert.equal((await manager.awaitOneOffCompletion('job')).status, 'finished');
    assert.deepEqual(written, ['queued', 'started', 'started', 'started', 'finished']);
});

test('the row of an inline one-off that fails to the end says failed, once', async (t) => {
    const {JobModel, written} = memoryModel();
    const {manager} = createManager(t, {JobModel});
    const {job} = failing(9);
    await manager.addOneOffJob(settings({job, attempts: 2}));
    assert.equal((await manager.awaitOneOffCompletion('job')).status, 'failed');
    assert.deepEqual(written, ['queued', 'started', 'started', 'failed']);
});
