'use strict';

const assert = require('node:assert/strict');
const {once} = require('node:events');
const {test} = require('node:test');
const {createManager, heldJobs, nextTurn} = require('./support');

const nothing = () => {};

const soon = () => new Date(Date.now() + 50);

test('an inline job with a date is run then, once, in the queue', async (t) => {
    const {manager} = createManager(t);
    const at = soon();
    let ranAtMs;
    const completion = manager.awaitCompletion('later');
    await manager.addJob({
        offloaded: false,
        name: 'later',
        at,
        data: 5,
        job(data) {
            assert.equal(data, 5);
            ranAtMs = Date.now();
        }
    });
    assert.ok(manager.inlineQueue.idle());
    assert.ok(manager.bree.timeouts.has('later'));
    await completion;
    assert.ok(ranAtMs >= at.getTime());
});

test('an inline job with a date in the past is not run', async (t) => {
    const {manager, lines} = createManager(t);
    const past = once(manager.bree, 'job past');
    manager.addJob({offloaded: false, name: 'late', at: new Date(0), job: () => assert.fail('it was run')});
    assert.deepEqual(await past, ['late']);
    assert.deepEqual(lines.warn, ['Job "late" was skipped because it was in the past.']);
    assert.ok(manager.inlineQueue.idle());
});

test('each due time of a recurring inline job queues one run', async (t) => {
    const {manager} = createManager(t);
    let runs = 0;
    await manager.addJob({offloaded: false, name: 'often', at: 'every 1 second', job: () => (runs += 1)});
    assert.ok(manager.bree.intervals.has('often'));
    await manager.awaitCompletion('often');
    await manager.awaitCompletion('often');
    assert.equal(runs, 2);
    await manager.removeJob('often');
});

test('an inline job needs a name to be scheduled, and a schedule that can be understood', async (t) => {
    const {manager} = createManager(t);
    const job = nothing;
    await assert.rejects(manager.addJob({offloaded: false, at: soon(), job}), {
        message: 'Name parameter should be present if job is a function'
    });
    await assert.rejects(manager.addJob({offloaded: false, name: 'odd', at: 'nonsense', job}), {
        message: 'Invalid schedule format'
    });
    await manager.addJob({offloaded: false, name: 'twice', at: 'every 1 hour', job});
    await assert.rejects(manager.addJob({offloaded: false, name: 'twice', at: 'every 1 hour', job}), {
        message: 'Job #1 has a duplicate job name of twice'
    });
});

/** Two due times of one job, the second while the first run goes; `bree.run` is a due time without the wait. */
async function runTwice(t, overlap) {
    const context = createManager(t);
    const jobs = heldJobs();
    let runs = 0;
    const begin = () => {
        runs += 1;
        return jobs.job(`run ${runs}`)();
    };
    const {manager} = context;
    await manager.addJob({offloaded: false, name: 'slow', at: 'every 1 hour', overlap, job: begin});
    await manager.bree.run('slow');
    await jobs.hasBegun('run 1');
    await manager.bree.run('slow');
    await nextTurn();
    return {...context, jobs};
}

test('a due time while the last run goes is skipped, with one warning', async (t) => {
    const {manager, jobs, lines} = await runTwice(t, undefined);
    assert.deepEqual(jobs.begun, ['run 1']);
    assert.deepEqual(lines.warn, ['Job "slow" is already running']);
    jobs.end('run 1');
    await manager.allSettled();
    await manager.bree.run('slow');
    await jobs.hasBegun('run 2');
    jobs.end('run 2');
});

test("with the overlap 'queue' it is run after the last", async (t) => {
    const {jobs} = await runTwice(t, 'queue');
    assert.deepEqual(jobs.begun, ['run 1']);
    jobs.end('run 1');
    await jobs.hasBegun('run 2');
    jobs.end('run 2');
});

test("with the overlap 'allow' it is run at once", async (t) => {
    const {jobs} = await runTwice(t, 'allow');
    await jobs.hasBegun('run 2');
    jobs.end('run 1');
    jobs.end('run 2');
});

test("with the overlap 'replace' it is run after the last, which cannot be cancelled", async (t) => {
    const {jobs} = await runTwice(t, 'replace');
    assert.deepEqual(jobs.begun, ['run 1']);
    jobs.end('run 1');
    await jobs.hasBegun('run 2');
    jobs.end('run 2');
});

test('a removed job is not run any more, also when it waits in the queue', async (t) => {
    const {manager} = createManager(t, {inlineConcurrency: 1});
    const jobs = heldJobs();
    manager.addJob({offloaded: false, job: jobs.job('first')});
    await manager.addJob({offloaded: false, name: 'removed', at: 'every 1 hour', job: jobs.job('removed')});
    await manager.bree.run('removed');
    assert.equal(manager.inlineQueue.length(), 1);
    await manager.removeJob('removed');
    jobs.end('first');
    await manager.allSettled();
    assert.deepEqual(jobs.begun, ['first']);
    assert.equal(manager.bree.intervals.has('removed'), false);
    await assert.rejects(manager.removeJob('removed'), {message: 'Job "removed" does not exist'});
});

test('a removed job can be added again', async (t) => {
    const {manager} = createManager(t);
    const add = (job) => manager.addJob({offloaded: false, name: 'again', at: 'every 1 hour', job});
    await add(() => assert.fail('the first was run'));
    await manager.removeJob('again');
    const completion = manager.awaitCompletion('again');
    await add(() => {});
    await manager.bree.run('again');
    await completion;
});

test('a scheduled module that is missing fails its run only', async (t) => {
    const {manager, errors} = createManager(t);
    await manager.addJob({offloaded: false, name: 'missing', at: 'every 1 hour', job: './missing.js'});
    const completion = assert.rejects(manager.awaitCompletion('missing'), {code: 'MODULE_NOT_FOUND'});
    await manager.bree.run('missing');
    await completion;
    assert.equal(errors[0].context, './missing.js');
    assert.deepEqual(
        manager.bree.config.jobs.map(({name}) => name),
        ['missing']
    );
});
