'use strict';

// Check-ins with Sentry, by its real SDK, whose transport keeps what it is given.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const path = require('node:path');
const {test} = require('node:test');
const Sentry = require('@sentry/core');
const {ServerRuntimeClient} = require('@sentry/core/server');
const {checkIns, sentry} = require('../../lib/check-ins');
const {failureOf, resultOf} = require('../runs/support');
const {createManager} = require('../support/runs');

/** Check-ins that the SDK has sent. */
function sdkInMemory() {
    const checkedIn = [];
    const transport = {
        send: async (envelope) => {
            const [, items] = envelope;
            const payloads = items.filter(([{type}]) => type === 'check_in').map(([, payload]) => payload);
            checkedIn.push(...JSON.parse(JSON.stringify(payloads)));
            return {};
        },
        flush: async () => true
    };
    const client = new ServerRuntimeClient({
        dsn: 'https://key@sentry.invalid/1',
        integrations: [],
        stackParser: () => [],
        transport: () => transport
    });
    Sentry.setCurrentClient(client);
    client.init();
    return checkedIn;
}

const checkedIn = sdkInMemory();

function watched(t, jobs) {
    checkedIn.length = 0;
    const {manager} = createManager(t);
    t.after(checkIns(manager, {jobs}));
    return manager;
}

test('a run is a check-in in progress that ends, and the monitor has the schedule of the job', async (t) => {
    const manager = watched(t, {job: sentry(Sentry, {slug: 'nightly', checkinMargin: 5})});
    await manager.defineJob({
        name: 'job',
        at: 'every day at 02:30',
        timezone: 'Europe/London',
        timeout: 90_000,
        job: async (data) => data && Promise.reject(new Error('no luck'))
    });
    await resultOf(manager, 'job');
    await failureOf(await manager.runJob('job', {data: 1}));
    await new Promise(setImmediate);
    assert.deepEqual(
        checkedIn.map(({monitor_slug: slug, status}) => [slug, status]),
        [
            ['nightly', 'in_progress'],
            ['nightly', 'ok'],
            ['nightly', 'in_progress'],
            ['nightly', 'error']
        ]
    );
    const [start, end, again] = checkedIn;
    assert.equal(start.check_in_id, end.check_in_id);
    assert.notEqual(start.check_in_id, again.check_in_id);
    assert.equal(typeof end.duration, 'number');
    assert.deepEqual(start.monitor_config, {
        schedule: {type: 'crontab', value: '30 2 * * *'},
        timezone: 'Europe/London',
        max_runtime: 2,
        checkin_margin: 5
    });
});

test('an interval of whole minutes is one, and a schedule that the service does not know is not sent', async (t) => {
    const schedules = {
        minutes: 'every 90 minutes',
        hours: 'every 36 hours',
        seconds: 'every 45 seconds',
        none: undefined
    };
    const names = Object.keys(schedules);
    const manager = watched(t, Object.fromEntries(names.map((name) => [name, sentry(Sentry, {slug: name})])));
    for (const name of names) {
        await manager.defineJob({name, at: schedules[name], job: async () => {}});
        await resultOf(manager, name);
    }
    await new Promise(setImmediate);
    const configs = Object.fromEntries(
        checkedIn.map(({monitor_slug: slug, monitor_config: config}) => [slug, config])
    );
    assert.deepEqual(
        names.map((name) => configs[name]?.schedule),
        [
            {type: 'interval', value: 90, unit: 'minute'},
            {type: 'interval', value: 36, unit: 'hour'},
            undefined,
            undefined
        ]
    );
    assert.equal(checkedIn.length, 8);
});

test('a script in a process checks in, and says nothing of its end when it is cancelled', async (t) => {
    const manager = watched(t, {job: sentry(Sentry, {slug: 'script'})});
    const job = path.join(__dirname, '..', 'fixtures', 'compat', 'waits.js');
    await manager.addJob({name: 'job', job, at: 'every 5 minutes'});
    const online = once(manager.events, 'run online');
    const run = await manager.runJob('job');
    await online;
    await run.cancel();
    assert.deepEqual(
        checkedIn.map(({status, monitor_config: {schedule}}) => [status, schedule.value]),
        [['in_progress', '*/5 * * * *']]
    );
});

test('an SDK without check-ins, and no slug, are refused', () => {
    assert.throws(() => sentry({}, {slug: 'a'}), {code: 'INVALID_OPTION', message: /captureCheckIn/});
    assert.throws(() => sentry(Sentry, {slug: ''}), {code: 'INVALID_OPTION', message: /"slug"/});
});
