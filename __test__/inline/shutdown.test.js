'use strict';

// What shutdown does with inline jobs that wait, and what the manager refuses from then on.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {createManager, heldJobs} = require('./support');

const MANY = 100;

/** A manager whose queue holds one job that has begun and others that wait. */
async function busy(t, options) {
    const context = createManager(t, {inlineConcurrency: 1, ...options});
    const jobs = heldJobs();
    context.manager.addJob({name: 'running', offloaded: false, job: jobs.job('running')});
    await jobs.hasBegun('running');
    for (let index = 0; index < MANY; index += 1) {
        context.manager.addJob({name: `waiting ${index}`, offloaded: false, job: jobs.job('waiting')});
    }
    return {...context, jobs};
}

test("waiting: 'drop' lets running inline jobs end, drops the others and returns how many", async (t) => {
    const {manager, lines, errors, jobs} = await busy(t);
    const dropped = assert.rejects(manager.awaitCompletion('waiting 5'), {
        name: 'JobError',
        code: 'JOB_CANCELLED',
        jobName: 'waiting 5',
        message: 'Inline job "waiting 5" was dropped by shutdown before it began'
    });
    const settled = assert.rejects(manager.allSettled(), {code: 'JOB_CANCELLED'});
    const completed = manager.awaitCompletion('running');
    const over = manager.shutdown({waiting: 'drop'});
    assert.equal(manager.inlineQueue.length(), 0);
    await dropped;
    jobs.end('running');
    assert.deepEqual(await over, {dropped: MANY});
    await completed;
    await settled;
    assert.deepEqual(jobs.begun, ['running']);
    assert.equal(lines.warn[0], `Shutdown dropped inline jobs that were queued and had not begun: ${MANY}`);
    assert.deepEqual(errors, [], 'a job that was dropped has not thrown');
});

test("waiting: 'drop' without a waiting job drops none", async (t) => {
    const {manager, lines} = createManager(t);
    assert.deepEqual(await manager.shutdown({waiting: 'drop'}), {dropped: 0});
    assert.deepEqual(lines.warn, []);
});

test("waiting: 'finish' is the default, and resolves with nothing", async (t) => {
    for (const options of [undefined, {waiting: 'finish'}]) {
        const {manager, jobs} = await busy(t);
        const over = manager.shutdown(options);
        jobs.end('running');
        jobs.end('waiting');
        assert.equal(await over, undefined);
        assert.equal(jobs.begun.length, MANY + 1);
    }
});

test('at the deadline of a shutdown what still waits is dropped, and never begins', async (t) => {
    const {manager, lines, jobs} = await busy(t);
    await assert.rejects(manager.shutdown({timeout: 20}), {
        name: 'TimeoutError',
        code: 'SHUTDOWN_TIMEOUT',
        dropped: MANY,
        message:
            'Inline jobs were still running after 20 ms. ' +
            `Inline jobs that were still queued after 20 ms were dropped: ${MANY}`
    });
    assert.ok(
        lines.warn.includes(`Shutdown dropped inline jobs that were queued and had not begun: ${MANY}`)
    );
    jobs.end('running');
    await manager.shutdown();
    assert.deepEqual(jobs.begun, ['running']);
});

test('a job whose turn has come, but whose row is still being written, does not begin after the deadline', async (t) => {
    const written = [];
    let isReading;
    const reading = new Promise((resolve) => (isReading = resolve));
    let letRead;
    const read = new Promise((resolve) => (letRead = resolve));
    const JobModel = {
        add: async () => {},
        async findOne() {
            isReading();
            await read;
            return {id: 1, get: () => 'queued'};
        },
        edit: async ({status}) => void written.push(status)
    };
    const {manager} = createManager(t, {JobModel});
    const job = () => assert.fail('it has begun');
    const failed = assert.rejects(manager.awaitCompletion('slow'), {code: 'JOB_CANCELLED'});
    await manager.addJob({name: 'slow', offloaded: false, job});
    await reading;
    await assert.rejects(manager.shutdown({timeout: 1}), {name: 'TimeoutError'});
    letRead();
    await failed;
    await manager.shutdown();
    assert.deepEqual(written, ['started', 'failed']);
});

test('a dropped run of a scheduled inline job lets its manager end', async (t) => {
    const {manager, jobs} = await busy(t);
    const job = () => assert.fail('it has begun');
    await manager.addJob({name: 'recurring', at: 'every 1 hour', offloaded: false, job});
    await manager.bree.run('recurring');
    const over = manager.shutdown({waiting: 'drop'});
    const dropped = assert.rejects(manager.awaitCompletion('recurring'), {code: 'JOB_CANCELLED'});
    jobs.end('running');
    await over;
    await dropped;
});

test('once a shutdown has begun nothing is accepted', async (t) => {
    const {manager, jobs} = await busy(t);
    const at = 'every 1 second';
    const never = () => assert.fail('it was run');
    await manager.addJob({name: 'old', at, offloaded: false, job: never});
    const requests = () => [
        manager.addJob({name: 'new', offloaded: false, job: never}),
        manager.addJob({offloaded: false, job: never}),
        manager.addJob({name: 'new', at, offloaded: false, job: never}),
        manager.addJob({name: 'new', job: never}),
        manager.addJob({name: 'new', at, job: never}),
        manager.addOneOffJob({name: 'new', offloaded: false, job: never}),
        manager.bree.add({name: 'new', path: never}),
        manager.bree.run('old'),
        manager.bree.run(),
        manager.bree.start('old'),
        manager.bree.start()
    ];
    const refusals = async () => {
        const outcomes = await Promise.allSettled(requests());
        const said = ({code, message}) => `${code}: ${message.match(/is shutting down|has been shut down/)}`;
        return [...new Set(outcomes.map(({reason}) => said(reason)))];
    };
    const over = manager.shutdown();
    assert.deepEqual(await refusals(), ['MANAGER_SHUTTING_DOWN: is shutting down']);
    jobs.end('running');
    jobs.end('waiting');
    await over;
    assert.deepEqual(await refusals(), ['MANAGER_SHUT_DOWN: has been shut down']);
    assert.deepEqual([manager.bree.intervals.size, manager.bree.timeouts.size], [0, 0]);
});

test('a second shutdown gets the result of the first', async (t) => {
    const {manager, jobs} = await busy(t);
    const first = manager.shutdown({waiting: 'drop'});
    const second = manager.shutdown({timeout: 1});
    jobs.end('running');
    assert.deepEqual(await Promise.all([first, second, manager.shutdown()]), [
        {dropped: MANY},
        {dropped: MANY},
        {dropped: MANY}
    ]);
});

test('a shutdown after one that ran out of time waits for what still goes', async (t) => {
    const {manager, jobs} = await busy(t);
    await assert.rejects(manager.shutdown({timeout: 1}), {name: 'TimeoutError'});
    let isOver = false;
    const over = manager.shutdown().then(() => (isOver = true));
    await new Promise(setImmediate);
    assert.equal(isOver, false);
    jobs.end('running');
    await over;
});
