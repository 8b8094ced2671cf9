'use strict';

const assert = require('node:assert/strict');
const {execFile} = require('node:child_process');
const fs = require('node:fs');
const {test} = require('node:test');
const {promisify} = require('node:util');
const JobManager = require('../..');
const {createManager, heldJobs, nextTurn} = require('./support');

test('jobs begin in the order in which they were added', async (t) => {
    const {manager} = createManager(t);
    const begun = [];
    for (let number = 0; number < 20; number++) {
        manager.addJob({offloaded: false, job: async () => begun.push(number)});
    }
    await manager.allSettled();
    assert.deepEqual(
        begun,
        Array.from({length: 20}, (_, number) => number)
    );
});

for (const [title, options, expected] of [
    ['three jobs run at once', {}, 3],
    ['one job runs at once with an inlineConcurrency of 1', {inlineConcurrency: 1}, 1],
    ['five jobs run at once with an inlineConcurrency of 5', {inlineConcurrency: 5}, 5]
]) {
    test(title, async (t) => {
        const {manager} = createManager(t, options);
        const jobs = heldJobs();
        for (const name of 'abcdefgh') {
            manager.addJob({offloaded: false, name, job: jobs.job(name)});
        }
        await nextTurn();
        assert.equal(jobs.begun.length, expected);
        assert.equal(manager.inlineQueue.length(), 8 - expected);
        assert.equal(manager.inlineQueue.idle(), false);

        jobs.end('a');
        await nextTurn();
        assert.equal(jobs.begun.join(''), 'abcdefgh'.slice(0, expected + 1));
        [...'bcdefgh'].forEach(jobs.end);
        await manager.allSettled();
        assert.equal(jobs.begun.join(''), 'abcdefgh');
    });
}

for (const inlineConcurrency of [0, -1, 1.5, '3', NaN]) {
    test(`an inlineConcurrency of ${JSON.stringify(inlineConcurrency)} is refused`, () => {
        assert.throws(() => new JobManager({inlineConcurrency}), {errorType: 'IncorrectUsageError'});
    });
}

test('the queue counts what waits, and is idle when nothing waits or runs', async (t) => {
    const {manager} = createManager(t);
    const jobs = heldJobs();
    const seen = () => [manager.inlineQueue.length(), manager.inlineQueue.idle()];
    assert.deepEqual(seen(), [0, true]);
    for (const name of 'abcd') {
        manager.addJob({offloaded: false, job: jobs.job(name)});
    }
    assert.deepEqual(seen(), [1, false], 'three of them need not wait for another to end');
    await jobs.hasBegun('c');
    assert.deepEqual(seen(), [1, false]);
    jobs.end('a');
    await jobs.hasBegun('d');
    assert.deepEqual(seen(), [0, false]);
    [...'bcd'].forEach(jobs.end);
    await manager.allSettled();
    assert.deepEqual(seen(), [0, true]);
});

test('a job is not called inside addJob, and addJob does not wait for it', async (t) => {
    const {manager} = createManager(t);
    const jobs = heldJobs();
    const added = manager.addJob({offloaded: false, job: jobs.job('a')});
    assert.deepEqual(jobs.begun, []);
    await added;
    await jobs.hasBegun('a');
    jobs.end('a');
});

test('a job is given its data, and nothing else', async (t) => {
    const {manager} = createManager(t);
    const data = {email: 'send@here.com'};
    let given;
    await manager.addJob({offloaded: false, data, job: (...args) => (given = args)});
    await manager.allSettled();
    assert.equal(given[0], data);
    assert.equal(given.length, 1);
});

test('a job begins before a timer that is due already, also the six hundredth', async (t) => {
    const {manager} = createManager(t);
    for (let count = 0; count < 600; count++) {
        let hasBegun = false;
        const seenByTimer = new Promise((resolve) => {
            setTimeout(() => resolve(hasBegun), 1);
        });
        // Blocks until the timer is due.
        for (const start = performance.now(); performance.now() - start < 1.2;);
        manager.addJob({
            offloaded: false,
            job() {
                hasBegun = true;
            }
        });
        assert.equal(await seenByTimer, true, `job ${count}`);
    }
});

test('a hundred thousand jobs keep their order, and the timers and I/O of the host get their turns', async (t) => {
    const {manager} = createManager(t);
    const COUNT = 100_000;
    let next = 0;
    let inOrder = true;
    for (let number = 0; number < COUNT; number++) {
        manager.addJob({
            offloaded: false,
            job() {
                inOrder &&= number === next;
                next += 1;
            }
        });
    }
    assert.equal(manager.inlineQueue.length(), COUNT - 3);
    const settled = manager.allSettled();
    let timersAmong = 0;
    const timer = setInterval(() => {
        timersAmong += 1;
    }, 1);
    const readAt = fs.promises.readFile(__filename).then(() => next);
    await settled;
    clearInterval(timer);
    assert.ok(inOrder);
    assert.equal(next, COUNT);
    assert.ok(timersAmong > 1, `${timersAmong} timers`);
    assert.ok((await readAt) < COUNT);
});

test('slow jobs that never give up the thread let timers in between', async (t) => {
    const {manager} = createManager(t);
    let ended = 0;
    for (let count = 0; count < 60; count++) {
        manager.addJob({
            offloaded: false,
            job() {
                for (const start = performance.now(); performance.now() - start < 3;);
                ended += 1;
            }
        });
    }
    const seenByTimer = new Promise((resolve) => {
        setTimeout(() => resolve(ended), 1);
    });
    assert.ok((await seenByTimer) < 60);
    await manager.allSettled();
    assert.equal(ended, 60);
});

test('a process with nothing else to do ends only when its queue is empty', async () => {
    const program = `
        const JobManager = require(${JSON.stringify(require.resolve('../..'))});
        const manager = new JobManager({logger: {}});
        let ended = 0;
        for (let count = 0; count < 5000; count++) {
            manager.addJob({offloaded: false, job() { ended += 1; }});
        }
        process.on('exit', () => console.log(ended));`;
    const {stdout} = await promisify(execFile)(process.execPath, ['-e', program]);
    assert.equal(stdout.trim(), '5000');
});

test('jobs that add jobs put them at the end', async (t) => {
    const {manager} = createManager(t, {inlineConcurrency: 1});
    const begun = [];
    const add = (name, depth) =>
        manager.addJob({
            offloaded: false,
            job: async () => {
                begun.push(name);
                if (depth > 0) {
                    await add(`${name}1`, depth - 1);
                    await add(`${name}2`, depth - 1);
                }
            }
        });
    add('a', 2);
    add('b', 0);
    await manager.allSettled();
    assert.deepEqual(begun, ['a', 'b', 'a1', 'a2', 'a11', 'a12', 'a21', 'a22']);
});

test('the log line has the length of the queue and the name', async (t) => {
    const {manager, lines} = createManager(t);
    for (const name of [undefined, 'mail', 'backup', 'waits', 'waits too']) {
        manager.addJob({offloaded: false, name, job() {}});
    }
    await manager.allSettled();
    assert.deepEqual(
        lines.info,
        [
            "0 called 'anonymous'",
            "0 called 'mail'",
            "0 called 'backup'",
            "0 called 'waits'",
            "1 called 'waits too'"
        ].map((end) => `Adding one-off job to inlineQueue with current length = ${end}`)
    );
});

test('a bound function is an inline job as any other', async (t) => {
    const {manager} = createManager(t);
    const service = {
        word: 'hello',
        said: [],
        say(to) {
            this.said.push(`${this.word} ${to}`);
        }
    };
    await manager.addJob({offloaded: false, data: 'world', job: service.say.bind(service)});
    await manager.allSettled();
    assert.deepEqual(service.said, ['hello world']);
});

test('shutdown finishes what is in the queue', async () => {
    const jobs = heldJobs();
    const warnings = [];
    const warn = (line) => {
        warnings.push(line);
        [...'abcde'].forEach(jobs.end);
    };
    const manager = new JobManager({logger: {warn}});
    for (const name of 'abcde') {
        manager.addJob({offloaded: false, job: jobs.job(name)});
    }
    await manager.shutdown();
    assert.equal(jobs.begun.join(''), 'abcde');
    assert.deepEqual(warnings, ['Waiting for busy job in inline job queue', 'Inline job queue finished']);
});

test('shutdown gives up on an inline job at its time-out', async (t) => {
    const {manager} = createManager(t);
    const jobs = heldJobs();
    manager.addJob({offloaded: false, job: jobs.job('a')});
    await assert.rejects(manager.shutdown({timeout: 1}), {name: 'TimeoutError'});
    jobs.end('a');
});
