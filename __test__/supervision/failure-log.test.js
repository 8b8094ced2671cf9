'use strict';

// What is logged of a failed run of an offloaded job when the host has no `errorHandler`.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const {test} = require('node:test');
const {FailureLog} = require('../../lib/events/failure-log');
const {createManager, runEnd} = require('../support/runs');

const MINUTE_MS = 60_000;

/** A log with a clock that is set by hand. */
function failureLog() {
    const lines = [];
    const clock = {ms: 0};
    const log = new FailureLog({error: (...args) => lines.push(args)}, () => clock.ms);
    return {log, lines, clock};
}

test('each failure of a job that is not recurring is logged', () => {
    const {log, lines} = failureLog();
    const error = new Error('no');
    log.failed('once', error);
    log.failed('once', error);
    assert.deepEqual(lines, [
        ['Job "once" failed', error],
        ['Job "once" failed', error]
    ]);
});

test('failures of a recurring job are logged at once, then once a minute with their number', () => {
    const {log, lines, clock} = failureLog();
    const job = {};
    for (clock.ms = 0; clock.ms <= 2 * MINUTE_MS; clock.ms += 1_000) {
        log.failed('often', clock.ms, job);
    }
    log.failed('other', 'own', {});
    assert.deepEqual(lines, [
        ['Job "often" failed', 0],
        ['Job "often" failed (60 times since this was last logged)', MINUTE_MS],
        ['Job "often" failed (60 times since this was last logged)', 2 * MINUTE_MS],
        ['Job "other" failed', 'own']
    ]);
});

test('a recurring job that was added again is logged at once', () => {
    const {log, lines} = failureLog();
    log.failed('often', 1, {});
    log.failed('often', 2, {});
    assert.equal(lines.length, 2);
});

const THROWS = () => {
    throw new Error('broken');
};
const errorsIn = (logs) => logs.filter(({level}) => level === 'error').map(({text}) => text);

for (const [what, job, line] of [
    ['throws', {job: THROWS}, 'Job "job" failed Error: broken'],
    [
        'exits',
        {job: () => process.exit(3)},
        'Job "job" failed JobError: Worker for job "job" exited with code 3'
    ]
]) {
    test(`a job that ${what} is logged once without an errorHandler`, async (t) => {
        const {manager, logs} = createManager(t, {errorHandler: undefined});
        const ended = runEnd(manager, 'job');
        await manager.addJob({name: 'job', ...job});
        await ended;
        assert.deepEqual(errorsIn(logs), [line]);
    });

    test(`a job that ${what} is left to the errorHandler if there is one`, async (t) => {
        const {manager, logs, errors} = createManager(t);
        const ended = runEnd(manager, 'job');
        await manager.addJob({name: 'job', ...job});
        await ended;
        assert.deepEqual([errorsIn(logs), errors.length], [[], 1]);
    });
}

test('a recurring job that fails is logged once a minute', async (t) => {
    const {manager, logs} = createManager(t, {errorHandler: undefined});
    await manager.addJob({name: 'often', at: 'every 1 hour', job: THROWS});
    for (let run = 0; run < 3; run += 1) {
        const ended = runEnd(manager, 'often');
        await manager.bree.run('often');
        await ended;
    }
    assert.deepEqual(errorsIn(logs), ['Job "often" failed Error: broken']);
});

test('a run that the host cancels is no failure', async (t) => {
    const {manager, logs} = createManager(t, {errorHandler: undefined});
    const created = once(manager.bree, 'worker created');
    await manager.addJob({name: 'job', job: () => setInterval(() => {}, 1_000_000)});
    await created;
    await manager.removeJob('job');
    assert.deepEqual(errorsIn(logs), []);
});
