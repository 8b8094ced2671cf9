'use strict';

const assert = require('node:assert/strict');
const {test} = require('node:test');
const JobManager = require('../..');
const {createManager, deferred, heldJobs, nextTurn} = require('./support');

test('a job that throws, and one that rejects, are logged and stop nothing', async (t) => {
    let told = 0;
    const errorHandler = () => (told += 1);
    const {manager, errors} = createManager(t, {errorHandler});
    const begun = [];
    manager.addJob({
        offloaded: false,
        name: 'throws',
        job() {
            throw new RangeError('at once');
        }
    });
    manager.addJob({offloaded: false, job: () => Promise.reject(new RangeError('later'))});
    for (const name of 'abcdef') {
        manager.addJob({offloaded: false, job: () => begun.push(name)});
    }
    await assert.rejects(manager.allSettled(), {message: 'at once'});
    assert.deepEqual(begun.join(''), 'abcdef');
    assert.deepEqual(
        errors.map(({errorType, context, statusCode}) => [errorType, context, statusCode]),
        [
            ['UnhandledJobError', 'function', 500],
            ['UnhandledJobError', 'function', 500]
        ]
    );
    assert.equal(told, 0, 'the errorHandler is for offloaded jobs');
});

for (const thrown of [undefined, null, 0, '', false, 'text', Symbol('thrown')]) {
    test(`a job that throws ${String(thrown) || 'an empty string'} has failed`, async (t) => {
        const {manager, errors} = createManager(t);
        const completion = assert.rejects(manager.awaitCompletion('odd'), (error) => {
            assert.ok(thrown ? error === thrown : error instanceof Error);
            return true;
        });
        manager.addJob({
            offloaded: false,
            name: 'odd',
            job() {
                throw thrown;
            }
        });
        await assert.rejects(manager.allSettled(), (error) => Boolean(error));
        await completion;
        assert.equal(errors.length, 1);
        assert.equal(errors[0].errorType, 'UnhandledJobError');
    });
}

test('a logger that throws changes nothing', async (t) => {
    const logger = {
        info() {},
        warn() {},
        error() {
            throw new Error('the disk is full');
        }
    };
    const {manager} = createManager(t, {logger});
    const begun = [];
    manager.addJob({offloaded: false, job: () => Promise.reject(new RangeError('first'))});
    for (const name of 'abcdef') {
        manager.addJob({offloaded: false, job: () => begun.push(name)});
    }
    await assert.rejects(manager.allSettled(), {message: 'first'});
    assert.equal(begun.join(''), 'abcdef');
});

test('handlers that throw are logged, and the job is run all the same', async (t) => {
    const {manager, errors} = createManager(t);
    manager._jobMessageHandler = async ({message}) => {
        throw new Error(`no ${message}`);
    };
    let hasRun = false;
    manager.addJob({offloaded: false, name: 'a', job: () => (hasRun = true)});
    await manager.allSettled();
    assert.ok(hasRun);
    assert.deepEqual(
        errors.map(({message}) => message),
        ['no started', 'no done']
    );
});

test('allSettled resolves at once when the queue is idle', async (t) => {
    const {manager} = createManager(t);
    let isSettled = false;
    manager.allSettled().then(() => (isSettled = true));
    await nextTurn();
    assert.ok(isSettled);
    // Also after a failure that was not awaited.
    manager.addJob({offloaded: false, job: () => Promise.reject(new Error('unseen'))});
    await nextTurn();
    await manager.allSettled();
});

test('allSettled waits for all jobs, also for those added during the wait, and then rejects with the first error', async (t) => {
    const {manager} = createManager(t, {inlineConcurrency: 2});
    const jobs = heldJobs();
    const add = (name) => manager.addJob({offloaded: false, job: jobs.job(name)});
    add('a');
    add('b');
    let outcome;
    const settled = manager.allSettled().then(
        () => (outcome = 'resolved'),
        (error) => (outcome = error.message)
    );
    await jobs.hasBegun('b');
    jobs.fail('b', new Error('b failed'));
    add('c');
    await jobs.hasBegun('c');
    jobs.fail('c', new Error('c failed'));
    await nextTurn();
    assert.equal(outcome, undefined);
    jobs.end('a');
    await settled;
    assert.equal(outcome, 'b failed');
    await manager.allSettled();
});

test('each allSettled rejects only with errors since its own call', async (t) => {
    const {manager} = createManager(t);
    const jobs = heldJobs();
    manager.addJob({offloaded: false, job: jobs.job('a')});
    manager.addJob({offloaded: false, job: jobs.job('b')});
    const early = manager.allSettled();
    const earlyFails = assert.rejects(early, {message: 'a failed'});
    await jobs.hasBegun('b');
    jobs.fail('a', new Error('a failed'));
    await nextTurn();
    const late = manager.allSettled();
    jobs.end('b');
    await earlyFails;
    await late;
});

test('awaitCompletion resolves when the named job completes, and again at the next completion only', async (t) => {
    const {manager} = createManager(t);
    const first = deferred();
    const completion = manager.awaitCompletion('mail');
    const other = manager.awaitCompletion('mail');
    manager.addJob({offloaded: false, name: 'mail', job: () => first.promise});
    manager.addJob({offloaded: false, name: 'other', job() {}});
    first.resolve();
    await Promise.all([completion, other]);

    const next = manager.awaitCompletion('mail');
    let isNext = false;
    next.then(() => (isNext = true));
    await nextTurn();
    assert.equal(isNext, false);
    manager.addJob({offloaded: false, name: 'mail', job() {}});
    await next;
});

test('awaitCompletion rejects with the error of the job', async (t) => {
    const {manager} = createManager(t);
    const failure = new RangeError('no mail');
    const completion = assert.rejects(manager.awaitCompletion('mail'), (error) => error === failure);
    manager.addJob({offloaded: false, name: 'mail', job: () => Promise.reject(failure)});
    await completion;
});

/** A host may look at the end of each inline job in any of these ways. */
const OVERRIDES = {
    'inlineJobHandler of a manager': (record, create) => {
        const manager = create(JobManager);
        manager.inlineJobHandler = (name) => async (error, result) => record(name, result);
        return manager;
    },
    'inlineJobHandler of the class': (record, create, t) => {
        t.mock.method(
            JobManager.prototype,
            'inlineJobHandler',
            (name) => async (error, result) => record(name, result)
        );
        return create(JobManager);
    },
    'inlineJobHandler of a subclass': (record, create) =>
        create(
            class extends JobManager {
                inlineJobHandler(name) {
                    return async (error, result) => record(name, result);
                }
            }
        ),
    '_jobMessageHandler of a manager': (record, create) => {
        const manager = create(JobManager);
        manager._jobMessageHandler = async ({name, message}) => message === 'done' && record(name, 1);
        return manager;
    },
    '_jobMessageHandler of a subclass': (record, create) =>
        create(
            class extends JobManager {
                async _jobMessageHandler({name, message}) {
                    return message === 'done' && record(name, 1);
                }
            }
        )
};
for (const [what, override] of Object.entries(OVERRIDES)) {
    test(`an inline job that completes reaches a replaced ${what}`, async (t) => {
        const ended = [];
        const create = (Class) => new Class({logger: {}});
        const manager = override((name, result) => ended.push([name, result]), create, t);
        t.after(() => manager.shutdown());
        manager.addJob({name: 'one', offloaded: false, job: async () => 1});
        await manager.allSettled();
        assert.deepEqual(ended, [['one', 1]]);
    });
}
