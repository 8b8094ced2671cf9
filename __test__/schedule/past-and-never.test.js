'use strict';

/**
 * Schedules that are understood and have no due time left: those whose times are past are skipped as a past Date is,
 * those that name no time at all are refused.
 */

const assert = require('node:assert/strict');
const {once} = require('node:events');
const {test} = require('node:test');
const sinon = require('sinon');
const JobManager = require('../..');

const PAST = ['2020-01-01', '2020-01-01T09:00:00Z', 'in 2020', 'on december 25th 2021'];

/** A manager, and what it logs. */
function create() {
    const lines = {info: [], warn: [], error: []};
    const log = (level) => (line) => lines[level].push(line);
    return {
        lines,
        manager: new JobManager({logger: {info: log('info'), warn: log('warn'), error: log('error')}})
    };
}

for (const at of PAST) {
    for (const offloaded of [false, true]) {
        test(`"${at}" is skipped, ${offloaded ? 'offloaded' : 'inline'}`, async (t) => {
            const {manager, lines} = create();
            t.after(() => manager.shutdown());
            const past = once(manager.bree, 'job past');
            const job = offloaded ? () => {} : () => assert.fail('it ran');
            assert.equal(await manager.addJob({name: 'late', at, offloaded, job}), undefined);
            assert.deepEqual(await past, ['late']);
            assert.deepEqual(lines.warn, ['Job "late" was skipped because it was in the past.']);
            assert.ok(lines.info.includes(`Scheduling job late at ${at}`), lines.info.join());
            assert.deepEqual([manager.bree.timeouts.size, manager.bree.intervals.size], [0, 0]);
            await assert.rejects(manager.awaitCompletion('late'), {code: 'JOB_SKIPPED'});
            await manager.removeJob('late');
        });
    }
}

test('by a fake clock too, and only what is past by that clock', async (t) => {
    const clock = sinon.useFakeTimers({
        now: Date.parse('2019-06-01T00:00:00Z'),
        toFake: ['setTimeout', 'Date']
    });
    t.after(() => clock.restore());
    const {manager, lines} = create();
    const runs = [];
    await manager.addJob({
        name: 'due',
        at: '2019-06-01T00:00:10Z',
        offloaded: false,
        job: () => runs.push('due')
    });
    await manager.addJob({
        name: 'late',
        at: '2019-05-01T00:00:00Z',
        offloaded: false,
        job: () => runs.push('late')
    });
    assert.deepEqual(lines.warn, ['Job "late" was skipped because it was in the past.']);
    const idle = manager.allSettled;
    await clock.tickAsync(11_000);
    await idle.call(manager);
    assert.deepEqual(runs, ['due']);
});

for (const [at, reason] of [
    ['0 0 0 30 2 *', 'February has no 30th'],
    ['0 0 0 31 4,6 *', 'April and June have no 31st'],
    ['at 5pm on the 3rd hour', 'no time of the day fulfils all of its conditions'],
    ['every hour except every hour', 'its exceptions leave nothing'],
    ['on the 20th day on the first monday of the month', 'no day fulfils all of its conditions']
]) {
    test(`"${at}" is refused: ${reason}`, async () => {
        const {manager} = create();
        await assert.rejects(manager.addJob({name: 'never', at, job: () => {}}), {
            errorType: 'IncorrectUsageError',
            code: 'SCHEDULE_NEVER_DUE',
            message: `The schedule "${at}" never falls due: ${reason}`,
            context: JobManager.describeSchedule(at)
        });
        assert.deepEqual(manager.bree.config.jobs, []);
        assert.match(JobManager.describeSchedule(at), new RegExp(`^never, because ${reason}`));
        assert.deepEqual(JobManager.nextRuns(at), []);
    });
}

test('the help for a foreign form and for an abbreviation of a zone says what to write', async () => {
    const {manager} = create();
    const job = () => {};
    await assert.rejects(manager.addJob({name: 'a', at: '*-*-* 04:00:00', job}), {
        message: 'Invalid schedule format',
        code: 'SCHEDULE_FOREIGN_FORM',
        context: /calendar event of systemd/,
        help: 'Did you mean "0 0 4 * * *"?'
    });
    await assert.rejects(manager.addJob({name: 'a', at: 'daily at 9am', timezone: 'BST', job}), {
        code: 'TIME_ZONE_UNKNOWN',
        message:
            /^Unknown time zone "BST", an abbreviation names no zone, write a place such as "Europe\/London"/
    });
});

/** What the event 'run skipped' tells. */
function skippedBy(manager) {
    const skipped = [];
    manager.events.on('run skipped', (event) => skipped.push(event));
    return skipped;
}

test('a job whose due times have all gone by when it is added is an event, with its date where it was given one', async (t) => {
    const {manager} = create();
    t.after(() => manager.shutdown());
    const skipped = skippedBy(manager);
    const date = new Date('2020-01-01T00:00:00Z');
    const job = () => {};
    await manager.addJob({name: 'date', at: date, offloaded: false, job});
    await manager.addJob({name: 'text', at: 'in 2020', offloaded: false, job});
    await manager.defineJob({name: 'handler', at: date, job});
    await manager.addJob({name: 'offloaded', at: date, job});
    assert.deepEqual(skipped, [
        {job: 'date', due: date, reason: 'past', count: 1},
        {job: 'text', due: undefined, reason: 'past', count: 1},
        {job: 'handler', due: date, reason: 'past', count: 1},
        {job: 'offloaded', due: date, reason: 'past', count: 1}
    ]);
    assert.deepEqual(manager.job('date').totals.skipped, {overlap: 0, missed: 0, paused: 0});
});

test('it is one event, however often the schedule is started, and none for a job that has a due time', async (t) => {
    const {manager} = create();
    t.after(() => manager.shutdown());
    const skipped = skippedBy(manager);
    const past = new Date('2020-01-01T00:00:00Z');
    await manager.addJob({name: 'late', at: past, job: () => {}});
    await manager.bree.start('late');
    await manager.addJob({name: 'due', at: new Date(Date.now() + 3_600_000), job: () => {}});
    await manager.addJob({name: 'now', offloaded: false, job: () => {}});
    const run = await manager.runJob('late', {at: past});
    await run.result;
    assert.deepEqual(
        skipped.map(({job}) => job),
        ['late']
    );
});

test('by a fake clock it is an event too', async (t) => {
    const clock = sinon.useFakeTimers({
        now: Date.parse('2019-06-01T00:00:00Z'),
        toFake: ['setTimeout', 'Date']
    });
    t.after(() => clock.restore());
    const {manager} = create();
    const skipped = skippedBy(manager);
    const due = new Date('2019-05-01T00:00:00Z');
    await manager.addJob({name: 'late', at: due, offloaded: false, job: () => assert.fail('it ran')});
    assert.deepEqual(skipped, [{job: 'late', due, reason: 'past', count: 1}]);
});
