'use strict';

// What Ghost expects of an adapter for jobs: ours in both shapes of the contract, and Ghost's own in the one that it has.

const assert = require('node:assert/strict');
const {suite, test} = require('node:test');
const {
    OLD,
    OURS,
    deferred,
    ended,
    heldProcessor,
    job,
    quickProcessor,
    siteLog
} = require('./support/adapters');
const {ghostPackage} = require('../support/ghost-package');

const {InMemoryJobsBackend} = ghostPackage();
const GHOSTS = {
    name: "Ghost's own",
    shapes: [OLD],
    make: (t, config) => ended(t, () => new InMemoryJobsBackend(config))
};
const EVERY_SECOND = '* * * * * *';
const NIGHTLY = '0 0 3 * * *';
const misuse = {errorType: 'IncorrectUsageError'};
const nextTurn = () => new Promise(setImmediate);

for (const {name, make, shapes} of [GHOSTS, ...OURS]) {
    for (const shape of shapes) {
        suite(`${name}, ${shape.name}`, () => cases(make, shape));
    }
}

/** @param {import('./support/adapters').Shape} shape */
function cases(make, {enqueue, schedule}) {
    /** An adapter that has been started. */
    async function started(t, {processor, queues, config}) {
        siteLog(t);
        const adapter = make(t, config);
        await adapter.start({processor, queues});
        return adapter;
    }

    test('a job is delivered as it was given', async (t) => {
        const {process, jobs, count} = quickProcessor();
        const adapter = await started(t, {processor: process});
        await enqueue(adapter, job());
        await count(1);
        assert.deepEqual(jobs, [job()]);
    });

    test('enqueue resolves before the delivery has ended', async (t) => {
        const {process, next} = heldProcessor();
        const adapter = await started(t, {processor: process});
        await enqueue(adapter, job());
        (await next()).end();
    });

    test('deliveries of a lane begin in the order of their dispatches', async (t) => {
        const {process, jobs, count} = quickProcessor();
        const adapter = await started(t, {processor: process});
        const values = Array.from({length: 200}, (_, index) => index);
        await Promise.all(values.map((value) => enqueue(adapter, job(`type ${value % 3}`, value))));
        await count(values.length);
        assert.deepEqual(
            jobs.map(({payload}) => JSON.parse(payload).value),
            values
        );
    });

    test('a lane has as many deliveries at once as its queue declares, over all types', async (t) => {
        const {process, next, jobs} = heldProcessor();
        const adapter = await started(t, {processor: process, queues: {narrow: {concurrency: 2}}});
        for (const type of ['a', 'b', 'c', 'd']) {
            await enqueue(adapter, job(type), 'narrow');
        }
        const [first, second] = [await next(), await next()];
        await nextTurn();
        assert.equal(jobs.length, 2);
        first.end();
        const third = await next();
        await nextTurn();
        assert.equal(jobs.length, 3);
        second.end();
        third.end();
        (await next()).end();
    });

    test('a full lane holds up no other lane', async (t) => {
        const {process, next} = heldProcessor();
        const adapter = await started(t, {processor: process, queues: {narrow: {concurrency: 1}}});
        await enqueue(adapter, job('hangs'), 'narrow');
        await enqueue(adapter, job('waits'), 'narrow');
        const hanging = await next();
        await enqueue(adapter, job('other'));
        const other = await next();
        assert.equal(other.job.type, 'other');
        other.end();
        hanging.end();
        (await next()).end();
    });

    test('a queue that no handler has declared has a lane of its own, with three places', async (t) => {
        const {process, next, jobs} = heldProcessor();
        const adapter = await started(t, {processor: process});
        for (let count = 0; count < 4; count += 1) {
            await enqueue(adapter, job(`type ${count}`), 'undeclared');
        }
        await enqueue(adapter, job('default lane'));
        const deliveries = [await next(), await next(), await next(), await next()];
        await nextTurn();
        assert.deepEqual(jobs.map(({type}) => type).toSorted(), [
            'default lane',
            'type 0',
            'type 1',
            'type 2'
        ]);
        deliveries.forEach(({end}) => end());
        (await next()).end();
    });

    test('the option "concurrency" is that of lanes without a declaration', async (t) => {
        const {process, next, jobs} = heldProcessor();
        const adapter = await started(t, {processor: process, config: {concurrency: 1}});
        await enqueue(adapter, job('one'));
        await enqueue(adapter, job('two'));
        const first = await next();
        await nextTurn();
        assert.equal(jobs.length, 1);
        first.end();
        (await next()).end();
    });

    test('the queue "default" is the lane of what names none', async (t) => {
        const {process, next, jobs} = heldProcessor();
        const adapter = await started(t, {processor: process});
        for (const queue of [undefined, 'default', undefined, 'default']) {
            await enqueue(adapter, job(), queue);
        }
        const deliveries = [await next(), await next(), await next()];
        await nextTurn();
        assert.equal(jobs.length, 3);
        deliveries.forEach(({end}) => end());
        (await next()).end();
    });

    test('one type is delivered whichever queue it comes by', async (t) => {
        const {process, jobs, count} = quickProcessor();
        const adapter = await started(t, {processor: process, queues: {one: {concurrency: 1}}});
        await enqueue(adapter, job('same', 1), 'one');
        await enqueue(adapter, job('same', 2), 'other');
        await enqueue(adapter, job('same', 3));
        await count(3);
        assert.deepEqual(new Set(jobs.map(({type}) => type)), new Set(['same']));
    });

    test('types and queues are any strings', async (t) => {
        const names = [
            'index',
            'a @b',
            'a #cron',
            '%0040',
            '__proto__',
            'ünïcödé 🚀',
            'x'.repeat(500),
            '\ud800',
            ' ',
            '%'
        ];
        const {process, jobs, count} = quickProcessor();
        const adapter = await started(t, {processor: process, queues: {'@': {concurrency: 1}}});
        for (const name of names) {
            await enqueue(adapter, job(name), name);
            await enqueue(adapter, job(name));
            await enqueue(adapter, job(name), '@');
        }
        await count(names.length * 3);
        assert.deepEqual(jobs.map(({type}) => type).toSorted(), [...names, ...names, ...names].toSorted());
    });

    test('before the first start, enqueue and scheduleRecurring are errors', async (t) => {
        siteLog(t);
        const adapter = make(t);
        await assert.rejects(enqueue(adapter, job()), misuse);
        await assert.rejects(schedule(adapter, job(), NIGHTLY), misuse);
    });

    test('after a shutdown they do nothing', async (t) => {
        const {process, jobs} = quickProcessor();
        const adapter = await started(t, {processor: process});
        await adapter.shutdown({timeoutMs: 1_000});
        await enqueue(adapter, job());
        await schedule(adapter, job(), EVERY_SECOND);
        await nextTurn();
        assert.deepEqual(jobs, []);
    });

    test('a queue that cannot be had is refused at the start, and nothing is started', async (t) => {
        siteLog(t);
        for (const concurrency of [0, 1.5, -1, '2']) {
            const adapter = make(t);
            const start = async () =>
                adapter.start({processor: async () => {}, queues: {bad: {concurrency}}});
            await assert.rejects(start, {...misuse, message: /"bad"/});
            await assert.rejects(enqueue(adapter, job()), misuse);
        }
    });

    test('it can be started again after a shutdown, with another processor', async (t) => {
        const first = quickProcessor();
        const adapter = await started(t, {processor: first.process});
        await adapter.shutdown({timeoutMs: 1_000});
        const second = quickProcessor();
        await adapter.start({processor: second.process, queues: {mail: {concurrency: 1}}});
        await enqueue(adapter, job(), 'mail');
        await second.count(1);
        assert.deepEqual([first.jobs, second.jobs], [[], [job()]]);
    });

    test('a second start without a shutdown takes the place of the first', async (t) => {
        const first = quickProcessor();
        const adapter = await started(t, {processor: first.process});
        await enqueue(adapter, job('before'));
        await first.count(1);
        const second = quickProcessor();
        await adapter.start({processor: second.process, queues: {mail: {concurrency: 1}}});
        await enqueue(adapter, job('after'), 'mail');
        await second.count(1);
        assert.deepEqual([first.jobs, second.jobs], [[job('before')], [job('after')]]);
    });

    test('a shutdown waits for deliveries that go', async (t) => {
        const {process, next} = heldProcessor();
        const adapter = await started(t, {processor: process});
        await enqueue(adapter, job());
        const delivery = await next();
        let isDown = false;
        const down = adapter.shutdown({timeoutMs: 10_000}).then(() => (isDown = true));
        await nextTurn();
        assert.equal(isDown, false);
        delivery.end();
        await down;
    });

    test('a job that was accepted just before a shutdown is delivered', async (t) => {
        const {process, jobs} = quickProcessor();
        const adapter = await started(t, {processor: process});
        await enqueue(adapter, job());
        await adapter.shutdown({timeoutMs: 10_000});
        assert.deepEqual(jobs, [job()]);
    });

    test('a shutdown ends at its time limit when a handler hangs, and the next start has free lanes', async (t) => {
        const {process, next} = heldProcessor();
        const adapter = await started(t, {processor: process, queues: {mail: {concurrency: 1}}});
        await enqueue(adapter, job('hangs'), 'mail');
        await next();
        const beganMs = performance.now();
        await adapter.shutdown({timeoutMs: 50});
        assert.ok(performance.now() - beganMs < 5_000);
        const second = heldProcessor();
        await adapter.start({processor: second.process, queues: {mail: {concurrency: 2}}});
        await enqueue(adapter, job('next'), 'mail');
        // With a store, what hung is delivered again.
        for (let type; type !== 'next';) {
            const delivery = await second.next();
            ({type} = delivery.job);
            delivery.end();
        }
    });

    test('a shutdown before a start, and a second one, resolve', async (t) => {
        siteLog(t);
        const adapter = make(t);
        await adapter.shutdown();
        await adapter.start({processor: async () => {}});
        await Promise.all([adapter.shutdown(), adapter.shutdown({timeoutMs: 5})]);
        await adapter.shutdown();
    });

    test('a delivery that fails is logged with its error, and the next one is delivered', async (t) => {
        const log = siteLog(t);
        const delivered = deferred();
        const boom = new Error('boom');
        const adapter = make(t);
        await adapter.start({
            processor: async ({type}) => {
                if (type === 'fails') {
                    throw boom;
                }
                delivered.resolve();
            }
        });
        await enqueue(adapter, job('fails'));
        await enqueue(adapter, job('works'));
        await delivered.promise;
        assert.deepEqual(await log.next('error'), ['Job "fails" delivery failed', boom]);
    });

    test('a recurring job is delivered at its times, and not after a shutdown', async (t) => {
        const {process, jobs, count} = quickProcessor();
        const adapter = await started(t, {processor: process});
        await schedule(adapter, job('tick'), EVERY_SECOND);
        await count(2);
        await adapter.shutdown({timeoutMs: 1_000});
        const had = jobs.length;
        assert.deepEqual(
            new Set(jobs.map((one) => JSON.stringify(one))),
            new Set([JSON.stringify(job('tick'))])
        );
        await adapter.start({processor: process});
        await enqueue(adapter, job('last'));
        await count(had + 1);
        assert.equal(jobs[had].type, 'last');
    });

    test('a recurring job goes through the lane of its queue', async (t) => {
        const {process, next} = heldProcessor();
        const adapter = await started(t, {processor: process, queues: {narrow: {concurrency: 1}}});
        await enqueue(adapter, job('first'), 'narrow');
        const first = await next();
        await schedule(adapter, job('tick'), EVERY_SECOND, 'narrow');
        await enqueue(adapter, job('second'), 'narrow');
        first.end();
        const second = await next();
        assert.equal(second.job.type, 'second');
        second.end();
        const tick = await next();
        assert.equal(tick.job.type, 'tick');
        tick.end();
    });

    test('the first schedule of a type counts, and a schedule of five fields is one', async (t) => {
        const {process, jobs, count} = quickProcessor();
        const adapter = await started(t, {processor: process});
        await schedule(adapter, job('tick', 'first'), EVERY_SECOND);
        await schedule(adapter, job('tick', 'second'), EVERY_SECOND);
        await schedule(adapter, job('other'), '0 3 * * *');
        await count(1);
        assert.ok(jobs.every(({payload}) => payload === job('tick', 'first').payload));
    });
}
