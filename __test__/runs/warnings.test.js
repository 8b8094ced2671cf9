'use strict';

// The last lines of a manager's log that warn, as `warnings()` gives them.

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {createManager} = require('../support/runs');

test('warnings and errors are kept with their time, the oldest first, and still go to the log', async (t) => {
    const {manager, logs} = createManager(t);
    await manager.defineJob({
        name: 'failing',
        attempts: 2,
        backoff: 1,
        job: () => Promise.reject(new Error('no disk'))
    });
    const run = await manager.runJob('failing');
    await assert.rejects(run.result);
    const lines = manager.warnings();
    assert.ok(Object.isFrozen(lines) && lines.every(Object.isFrozen));
    assert.deepEqual(
        lines.map(({level}) => level),
        logs.map(({level}) => level).filter((level) => level !== 'info')
    );
    assert.ok(
        lines.some(
            ({level, message}) =>
                level === 'warn' && /"failing" failed \(attempt 1 of 2\).*no disk/.test(message)
        )
    );
    assert.ok(lines.every(({at}) => at instanceof Date));
    assert.deepEqual(manager.warnings(), lines);
});

test('no more than 200 of them are kept, and of each no more than 2 KiB', async (t) => {
    const {manager} = createManager(t);
    const {logger} = manager.bree.config;
    for (let index = 0; index < 300; index++) {
        logger.warn(`${index} ${'x'.repeat(5_000)}`);
    }
    logger.error('Job "a" failed', new Error('no disk'));
    logger.error({
        get message() {
            throw new Error('hostile');
        }
    });
    const lines = manager.warnings();
    assert.equal(lines.length, 200);
    assert.match(lines[0].message, /^102 x+… \(cut\)$/);
    assert.equal(lines[0].message.length, 2 * 1024);
    assert.deepEqual(
        lines.slice(-2).map(({message}) => message),
        ['Job "a" failed: no disk', 'a value that cannot be read']
    );
});

test('nothing that is logged as information is kept', async (t) => {
    const {manager, logs} = createManager(t);
    await manager.defineJob({name: 'quiet', at: 'every hour', job: () => 1});
    assert.ok(logs.length > 0);
    assert.deepEqual(manager.warnings(), []);
});
