'use strict';

const assert = require('node:assert/strict');
const {once} = require('node:events');
const {test} = require('node:test');
const sinon = require('sinon');
const JobManager = require('../..');
const {jobPath} = require('./support/programs');

/** A manager under a fake clock that only the test advances. Both end with the test. */
function createUnderFakeClock(t, {now = new Date('2026-01-01T10:00:00Z'), toFake} = {}) {
    const clock = sinon.useFakeTimers({now, ...(toFake ? {toFake} : {})});
    const manager = new JobManager({logger: {}});
    t.after(async () => {
        clock.restore();
        await manager.shutdown();
    });
    return {clock, manager};
}

const MINUTE_MS = 60_000;
const inAMinute = () => new Date(Date.now() + MINUTE_MS);

for (const [method, advance] of [
    ['tick', (clock) => clock.tick(MINUTE_MS + 1)],
    ['tickAsync', (clock) => clock.tickAsync(MINUTE_MS + 1)],
    ['next', (clock) => clock.next()],
    ['nextAsync', (clock) => clock.nextAsync()],
    ['runAllAsync', (clock) => clock.runAllAsync()]
]) {
    test(`${method} starts a job with a date in a real worker, and not before its time`, async (t) => {
        const {clock, manager} = createUnderFakeClock(t);
        const created = [];
        manager.bree.on('worker created', (name) => created.push(name));
        const completion = manager.awaitCompletion('later');
        await manager.addJob({name: 'later', at: inAMinute(), job: jobPath('completes')});
        if (method.startsWith('tick')) {
            clock.tick(MINUTE_MS - 1);
            assert.deepEqual(created, []);
        }
        await advance(clock);
        assert.deepEqual(created, ['later'], 'it is seen at once');
        await completion;
    });
}

test('each tick of a recurring job starts a run in a real worker', async (t) => {
    const {clock, manager} = createUnderFakeClock(t);
    await manager.addJob({name: 'often', at: '0 * * * * *', job: jobPath('completes')});
    for (let run = 0; run < 3; run++) {
        const ended = once(manager.bree, 'worker deleted');
        await clock.tickAsync(MINUTE_MS);
        assert.deepEqual([...manager.bree.workers.keys()], ['often']);
        await ended;
    }
    await manager.removeJob('often');
    await clock.tickAsync(5 * MINUTE_MS);
    assert.equal(manager.bree.workers.size, 0);
});

test('a recurring inline job is run at each due time of a fake clock', async (t) => {
    const {clock, manager} = createUnderFakeClock(t);
    const seen = [];
    await manager.addJob({
        offloaded: false,
        name: 'inline',
        at: 'every 1 minute',
        job: () => seen.push(new Date().toISOString())
    });
    for (let run = 0; run < 3; run++) {
        const completion = manager.awaitCompletion('inline');
        await clock.tickAsync(MINUTE_MS);
        await completion;
    }
    assert.deepEqual(seen, [
        '2026-01-01T10:01:00.000Z',
        '2026-01-01T10:02:00.000Z',
        '2026-01-01T10:03:00.000Z'
    ]);
});

test('a job for now is started under a fake clock too, by its next tick', async (t) => {
    const {clock, manager} = createUnderFakeClock(t);
    const completion = manager.awaitCompletion('completes');
    await manager.addJob({job: jobPath('completes')});
    await clock.tickAsync(1);
    await completion;
});

test('an inline job needs no tick', async (t) => {
    const {manager} = createUnderFakeClock(t);
    let runs = 0;
    for (let count = 0; count < 1000; count++) {
        manager.addJob({offloaded: false, job: () => (runs += 1)});
    }
    await manager.allSettled();
    assert.equal(runs, 1000);
});

test('a date that is past on the fake clock is past', async (t) => {
    const {manager} = createUnderFakeClock(t, {now: new Date('2090-01-01T00:00:00Z')});
    const past = once(manager.bree, 'job past');
    await manager.addJob({name: 'late', at: new Date('2089-12-31T00:00:00Z'), job: jobPath('completes')});
    assert.deepEqual(await past, ['late']);
});

test('a job added before the clock was replaced keeps real time', async (t) => {
    const manager = new JobManager({logger: {}});
    t.after(() => manager.shutdown());
    const completion = manager.awaitCompletion('soon');
    await manager.addJob({name: 'soon', at: new Date(Date.now() + 100), job: jobPath('completes')});
    const clock = sinon.useFakeTimers();
    t.after(() => clock.restore());
    await completion;
});

test('shutdown drops what waits on a fake clock', async (t) => {
    const {clock, manager} = createUnderFakeClock(t);
    await manager.addJob({name: 'later', at: inAMinute(), job: jobPath('completes')});
    await manager.addJob({name: 'often', at: 'every 1 minute', job: jobPath('completes')});
    await manager.shutdown();
    assert.equal(clock.countTimers(), 0);
});

test('a job for now runs once, however often the clock ticks, and leaves no timer', async (t) => {
    // `Date` stands still between two ticks, or goes on by itself: both must be once.
    for (const toFake of [
        undefined,
        ['setTimeout', 'clearTimeout', 'Date'],
        ['setTimeout', 'clearTimeout']
    ]) {
        const {clock, manager} = createUnderFakeClock(t, {toFake});
        const created = [];
        manager.bree.on('worker created', (name) => created.push(name));
        const completion = manager.awaitCompletion('completes');
        await manager.addJob({job: jobPath('completes')});
        for (let tick = 0; tick < 5; tick++) {
            clock.tick(1);
        }
        await completion;
        clock.tick(20_000);
        assert.equal(clock.countTimers(), 0);
        clock.loopLimit = 100;
        clock.runAll();
        assert.deepEqual(created, ['completes']);
        clock.restore();
    }
});

test('a date that is this very moment on a clock that stands still is due', async (t) => {
    const {clock, manager} = createUnderFakeClock(t);
    const completion = manager.awaitCompletion('at once');
    await manager.addJob({name: 'at once', at: new Date(), job: jobPath('completes')});
    clock.tick(1);
    clock.runAll();
    await completion;
});

test('the timers of node:test start a job for now once, and one with a date at its time', async (t) => {
    t.mock.timers.enable({apis: ['setTimeout', 'Date']});
    const manager = new JobManager({logger: {}});
    t.after(() => manager.shutdown());
    const created = [];
    manager.bree.on('worker created', (name) => created.push(name));
    const completions = [manager.awaitCompletion('now'), manager.awaitCompletion('later')];
    await manager.addJob({name: 'now', job: jobPath('completes')});
    await manager.addJob({name: 'later', at: inAMinute(), job: jobPath('completes')});
    for (let tick = 0; tick < 5; tick++) {
        t.mock.timers.tick(1);
    }
    assert.deepEqual(created, ['now']);
    t.mock.timers.tick(MINUTE_MS);
    t.mock.timers.runAll();
    t.mock.timers.reset();
    await Promise.all(completions);
    assert.deepEqual(created, ['now', 'later']);
});

test('inline jobs run while queueMicrotask is fake', async (t) => {
    const real = queueMicrotask;
    const {manager} = createUnderFakeClock(t, {toFake: ['setTimeout', 'queueMicrotask']});
    assert.notEqual(queueMicrotask, real);
    const ran = [];
    for (let number = 0; number < 5; number++) {
        manager.addJob({offloaded: false, job: async () => ran.push(number)});
    }
    await manager.allSettled();
    assert.deepEqual(ran, [0, 1, 2, 3, 4]);
});
