'use strict';

// What handlers on the host's own event loop do wrong: it ends their own run, and none but theirs.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const {suite, test} = require('node:test');
const {createManager} = require('../support/runs');
const {failureOf, resultOf} = require('./support');

/** Runs end once each: how they ended, in order. */
function endsOf(manager) {
    const ends = [];
    manager.bree.on('run ended', ({cause}) => ends.push(cause));
    return ends;
}

function revoked() {
    const {proxy, revoke} = Proxy.revocable({}, {});
    revoke();
    return proxy;
}

/** A handler that never settles, and when it has been called. */
function neverSettles() {
    let begin;
    const begun = new Promise((resolve) => (begin = resolve));
    const job = () => {
        begin();
        return new Promise((resolve) => (job.answer = resolve));
    };
    return {job, begun};
}

suite('what is thrown', () => {
    const THROWN = {
        undefined,
        null: null,
        'a string': 'text',
        'a symbol': Symbol('sign'),
        'a function': () => {},
        'a frozen error': Object.freeze(new Error('frozen')),
        'a proxy that throws': new Proxy(
            {},
            {
                get() {
                    throw new Error('trap');
                }
            }
        ),
        'a revoked proxy': revoked()
    };
    for (const [what, thrown] of Object.entries(THROWN)) {
        for (const isRejection of [false, true]) {
            test(`${what}, ${isRejection ? 'as a rejection' : 'at once'}: fails the run, once`, async (t) => {
                const {manager, errors} = createManager(t);
                await manager.defineJob({
                    name: 'inline',
                    concurrency: 1,
                    job: (fails) => {
                        if (!fails) {
                            return 'next';
                        }
                        if (isRejection) {
                            return Promise.reject(thrown);
                        }
                        throw thrown;
                    }
                });
                const failing = await manager.runJob('inline', {data: true});
                const next = await manager.runJob('inline', {data: false});
                // In an object: a promise that is given a value looks for its `then`.
                const [error] = await failing.result.then(
                    () => assert.fail('it completed'),
                    (reason) => [reason]
                );
                assert.equal(failing.info().state, 'failed');
                if (thrown === undefined || thrown === null) {
                    assert.match(error.message, new RegExp(`threw ${thrown}`));
                } else {
                    assert.ok(error === thrown);
                }
                assert.equal(await next.result, 'next');
                assert.equal(errors.length, 1);
            });
        }
    }

    test('an attempt that throws undefined is followed by the next one', async (t) => {
        const {manager, errors} = createManager(t);
        let calls = 0;
        await manager.defineJob({
            name: 'inline',
            attempts: 3,
            backoff: 1,
            job: () => {
                calls += 1;
                if (calls < 3) {
                    throw undefined;
                }
                return calls;
            }
        });
        assert.equal(await resultOf(manager, 'inline'), 3);
        assert.deepEqual(errors, []);
    });
});

suite('handlers that do not end', () => {
    test('a time limit ends the run, frees its place, and what the handler answers later changes nothing', async (t) => {
        const {manager, errors} = createManager(t);
        const ends = endsOf(manager);
        let answer;
        await manager.defineJob({
            name: 'inline',
            concurrency: 1,
            timeout: 30,
            job: (isLong) => (isLong ? new Promise((resolve) => (answer = resolve)) : 'short')
        });
        const long = await manager.runJob('inline', {data: true});
        const short = await manager.runJob('inline', {data: false});
        assert.equal((await failureOf(long)).error.code, 'JOB_TIMEOUT');
        assert.equal(await short.result, 'short');
        answer('late');
        await new Promise(setImmediate);
        assert.equal((await failureOf(long)).error.code, 'JOB_TIMEOUT');
        assert.equal(ends.length, 2);
        assert.equal(errors.length, 1);
    });

    test('a run that does not heed its cancelling ends when its handler does, as cancelled', async (t) => {
        const {manager, errors} = createManager(t);
        const {job, begun} = neverSettles();
        await manager.defineJob({name: 'inline', job});
        const run = await manager.runJob('inline');
        await begun;
        const cancelled = run.cancel('not needed');
        await new Promise(setImmediate);
        assert.notEqual(run.info().state, 'cancelled');
        job.answer('all the same');
        assert.equal((await cancelled).state, 'cancelled');
        assert.equal((await failureOf(run)).error.reason, 'not needed');
        assert.deepEqual(errors, []);
    });

    test('a job that is removed while it runs aborts its signal, and its waiting runs never begin', async (t) => {
        const {manager} = createManager(t);
        const begun = [];
        let begin;
        const first = new Promise((resolve) => (begin = resolve));
        await manager.defineJob({
            name: 'inline',
            concurrency: 1,
            job: async (data, {signal}) => {
                begun.push(data);
                begin();
                await once(signal, 'abort');
                throw signal.reason;
            }
        });
        const runs = [await manager.runJob('inline', {data: 1}), await manager.runJob('inline', {data: 2})];
        await first;
        await manager.removeJob('inline');
        assert.deepEqual(
            runs.map((run) => run.info().state),
            ['cancelled', 'cancelled']
        );
        assert.deepEqual(begun, [1]);
    });

    test('one that is removed and never settles is not waited for after the time of a shutdown', async (t) => {
        const {manager} = createManager(t);
        const {job, begun} = neverSettles();
        await manager.defineJob({name: 'inline', job});
        const run = await manager.runJob('inline');
        await begun;
        const removed = manager.removeJob('inline');
        await assert.rejects(manager.shutdown({timeout: 20}), {code: 'SHUTDOWN_TIMEOUT'});
        await removed;
        assert.equal(run.info().state, 'cancelled');
    });
});

suite('concurrency and priorities', () => {
    test('no more go at once than the concurrency, also when some fail, time out or are cancelled', async (t) => {
        const {manager} = createManager(t);
        const ends = endsOf(manager);
        let going = 0;
        let most = 0;
        await manager.defineJob({
            name: 'inline',
            concurrency: 3,
            timeout: 20,
            job: (index, {signal}) => {
                going += 1;
                most = Math.max(most, going);
                const leave = () => {
                    going -= 1;
                };
                if (index % 4 === 0) {
                    leave();
                    throw new Error('fails');
                }
                if (index % 4 === 1) {
                    signal.addEventListener('abort', leave);
                    return new Promise(() => {});
                }
                return new Promise(setImmediate).then(leave);
            }
        });
        const runs = await Promise.all(
            Array.from({length: 60}, (_, index) => manager.runJob('inline', {data: index}))
        );
        await Promise.all(runs.filter((_, index) => index % 4 === 3).map((run) => run.cancel()));
        await Promise.allSettled(runs.map(({result}) => result));
        assert.equal(most, 3);
        assert.equal(ends.length, 60);
        const states = runs.map((run) => run.info().state);
        assert.deepEqual(
            states,
            states.map((_, index) => (index % 4 < 2 ? 'failed' : index % 4 === 2 ? 'completed' : 'cancelled'))
        );
    });

    test('higher priorities go first, and equal ones in order', async (t) => {
        const {manager} = createManager(t);
        const order = [];
        let open;
        const gate = new Promise((resolve) => (open = resolve));
        await manager.defineJob({
            name: 'inline',
            concurrency: 1,
            job: async (data) => {
                order.push(data);
                await gate;
            }
        });
        const priorities = [0, 0, 5, -5, 5, 0, 100, -100];
        const runs = await Promise.all(
            priorities.map((priority, index) =>
                manager.runJob('inline', {data: `${priority} ${index}`, priority})
            )
        );
        open();
        await Promise.all(runs.map(({result}) => result));
        assert.deepEqual(order, ['0 0', '100 6', '5 2', '5 4', '0 1', '0 5', '-5 3', '-100 7']);
    });
});
