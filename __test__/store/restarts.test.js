'use strict';

// What a manager finds in its store that another one has left there in good order.

const assert = require('node:assert/strict');
const path = require('node:path');
const {test} = require('node:test');
const {sql, storeOf, until} = require('./support');
const {createManager} = require('../support/runs');

const script = path.join(__dirname, '..', 'runs', 'jobs', 'script.js');

test('a run that does not begin before the shutdown goes on in the next host', async (t) => {
    const hosts = storeOf(t);
    const {manager, errors} = await hosts.next();
    await manager.defineJob({name: 'job', job: () => {}});
    const run = await manager.runJob('job', {data: {a: 1}, delay: 60_000, id: 'later'});
    const result = assert.rejects(run.result, {code: 'JOB_LEFT_IN_STORE', jobName: 'job'});
    const {manager: second} = await hosts.next();
    await result;
    assert.deepEqual(errors, [], 'it has not failed');
    assert.equal(second.run('later').state, 'waiting');
    assert.equal(second.run('later').attempt, 1);
});

test('a shutdown waits for what goes, and leaves what waits', async (t) => {
    const hosts = storeOf(t);
    const {manager} = await hosts.next();
    let finish;
    await manager.defineJob({
        name: 'job',
        concurrency: 1,
        job: () => new Promise((resolve) => (finish = resolve))
    });
    const first = await manager.runJob('job', {id: 'goes'});
    const second = await manager.runJob('job', {id: 'waits'});
    const left = assert.rejects(second.result, {code: 'JOB_LEFT_IN_STORE'});
    await until(() => finish !== undefined);
    const down = manager.shutdown();
    await left;
    finish('done');
    assert.equal(await first.result, 'done');
    await down;
    const {manager: next} = await hosts.next();
    assert.equal(next.run('goes').result, 'done');
    const ran = new Promise((resolve) => {
        void next.defineJob({name: 'job', job: (_data, run) => resolve(run.id)});
    });
    assert.equal(await ran, 'waits');
});

test('results, errors and attempts are shown after a restart', async (t) => {
    const hosts = storeOf(t);
    const {manager} = await hosts.next();
    await manager.defineJob({
        name: 'job',
        attempts: 2,
        backoff: 1,
        job: (data) => {
            if (data.isBad) {
                throw Object.assign(new TypeError('no such table'), {code: 'NO_TABLE'});
            }
            return new Map([['sum', data.a + data.b]]);
        }
    });
    await (
        await manager.runJob('job', {data: {a: 1, b: 2}, id: 'good'})
    ).result;
    await assert.rejects((await manager.runJob('job', {data: {isBad: true}, id: 'bad'})).result);
    const {manager: next} = await hosts.next();
    const [bad, good] = next.runs();
    assert.deepEqual([bad.id, bad.state, bad.cause, bad.gaveUp], ['bad', 'failed', 'error', 'attempts']);
    assert.deepEqual(
        [bad.error.name, bad.error.message, bad.error.code],
        ['TypeError', 'no such table', 'NO_TABLE']
    );
    assert.deepEqual(
        bad.history.map(({attempt, message}) => [attempt, message]),
        [[1, 'no such table']]
    );
    assert.deepEqual([good.id, good.state, good.result], ['good', 'completed', new Map([['sum', 3]])]);
    assert.ok(good.ended >= good.started && good.started >= good.queued);
    await next.defineJob({name: 'job', job: () => {}});
    assert.equal(next.job('job').last.id, 'bad');
    assert.deepEqual(
        next.runs({state: 'failed'}).map(({id}) => id),
        ['bad']
    );
});

test('a run that failed in an earlier host can be tried again, with its data', async (t) => {
    const hosts = storeOf(t);
    const {manager} = await hosts.next();
    const text = 'x'.repeat(100_000);
    await manager.defineJob({name: 'job', job: () => Promise.reject(new Error('on purpose'))});
    await assert.rejects((await manager.runJob('job', {data: {text}, id: 'failed'})).result);
    const {manager: next} = await hosts.next();
    await next.defineJob({name: 'job', job: (data) => data.text.length});
    const again = await next.retryRun('failed');
    assert.equal(await again.result, 100_000);
    const {trigger, retryOf} = again.info();
    assert.deepEqual({trigger, retryOf}, {trigger: 'retry', retryOf: 'failed'});
    const {manager: third} = await hosts.next();
    assert.equal(third.run(again.id).retryOf, 'failed');
});

test('an id is answered with the run that has it, across hosts', async (t) => {
    const hosts = storeOf(t);
    const {manager} = await hosts.next();
    let calls = 0;
    const job = {name: 'job', job: () => ++calls};
    await manager.defineJob(job);
    const twice = await Promise.all([
        manager.runJob('job', {id: 'once'}),
        manager.runJob('job', {id: 'once'})
    ]);
    assert.equal(twice[0], twice[1]);
    await twice[0].result;
    await manager.runJob('job', {id: 'later', delay: 3_600_000});

    const {manager: next} = await hosts.next();
    await next.defineJob(job);
    await next.defineJob({name: 'other', job: () => {}});
    const again = await next.runJob('job', {id: 'once'});
    assert.equal(await again.result, 1);
    assert.deepEqual([again.id, again.info().state, calls], ['once', 'completed', 1]);
    await assert.rejects(next.runJob('other', {id: 'once'}), {code: 'RUN_ID_TAKEN'});
    const later = await next.runJob('job', {id: 'later'});
    assert.equal(later.id, 'later');
    assert.equal(next.runs({state: 'waiting'}).length, 1, 'there is one of them');
});

test('a pause is kept, with who and why, and ends when it is ended', async (t) => {
    const hosts = storeOf(t);
    const {manager} = await hosts.next();
    await manager.addJob({name: 'job', at: 'every hour', job: script});
    await manager.pauseJob('job', {by: 'operator', note: 'until the migration is over'});
    const {since} = manager.job('job').paused;
    const {manager: next} = await hosts.next();
    await next.addJob({name: 'job', at: 'every hour', job: script});
    await until(() => next.job('job').paused.note !== undefined);
    assert.deepEqual(next.job('job').paused, {since, by: 'operator', note: 'until the migration is over'});
    await next.resumeJob('job');
    const {manager: third} = await hosts.next();
    await third.addJob({name: 'job', at: 'every hour', job: script});
    assert.equal(third.job('job').paused, undefined);
    await third.pauseAll();
    const {manager: fourth} = await hosts.next();
    await fourth.addJob({name: 'job', at: 'every hour', job: script});
    assert.equal(fourth.job('job').state, 'paused');
});

const DAY_MS = 24 * 60 * 60 * 1000;

/** The trigger of the runs that a daily job gets after so many days without a host. */
async function daysAfter(t, days, options = {}) {
    const hosts = storeOf(t);
    const job = {name: 'daily', at: '0 0 3 * * *', timezone: 'UTC', job: () => {}, ...options};
    const {manager} = await hosts.next();
    await manager.defineJob(job);
    await manager.shutdown();
    sql(hosts.store, `UPDATE schedules SET answered_at = answered_at - ${Math.round(days * DAY_MS)}`);
    const {manager: next} = await hosts.next();
    const skipped = [];
    const runs = [];
    next.events.on('run skipped', ({reason, count}) => skipped.push({reason, count}));
    next.events.on('run ended', ({run}) => runs.push(run.trigger));
    await next.defineJob(job);
    // What has been ordered first is settled first.
    await next.defineJob({name: 'after', job: () => {}});
    await (
        await next.runJob('after')
    ).result;
    return {runs: runs.filter((trigger) => trigger !== 'manual'), skipped};
}

test('a daily job is run once after a week without a host, or not at all, as it says', async (t) => {
    assert.deepEqual(await daysAfter(t, 7), {runs: ['missed'], skipped: []});
    assert.deepEqual(await daysAfter(t, 7, {missed: 'skip'}), {
        runs: [],
        skipped: [{reason: 'missed', count: 7}]
    });
    assert.deepEqual(await daysAfter(t, 7, {startDeadline: 1}), {
        runs: [],
        skipped: [{reason: 'missed', count: 7}]
    });
    assert.deepEqual(await daysAfter(t, 7, {startDeadline: DAY_MS}), {runs: ['missed'], skipped: []});
    assert.deepEqual(await daysAfter(t, 0), {runs: [], skipped: []});
    assert.deepEqual(await daysAfter(t, -0.1), {runs: [], skipped: []}, 'the clock was set back');
});

test('a job that is removed leaves nothing in the store', async (t) => {
    const hosts = storeOf(t);
    const {manager} = await hosts.next();
    const job = {name: 'job', at: 'every hour', job: () => {}};
    await manager.defineJob(job);
    await manager.runJob('job', {id: 'later', delay: 3_600_000});
    await manager.pauseJob('job');
    const {manager: next} = await hosts.next();
    await next.defineJob(job);
    await next.removeJob('job');
    await until(() => next.run('later').state === 'cancelled');
    await next.shutdown();
    assert.deepEqual(sql(hosts.store, 'SELECT job FROM schedules UNION SELECT job FROM pauses'), []);
});

test('pages of runs go on from this host to earlier ones', async (t) => {
    const hosts = storeOf(t, {history: {perJob: 50}});
    const ids = [];
    const ask = async (manager, count) => {
        for (let index = 0; index < count; index++) {
            const run = await manager.runJob('job');
            await run.result.catch(() => {});
            ids.unshift(run.id);
        }
    };
    for (let host = 0; host < 3; host++) {
        const {manager} = await hosts.next();
        await manager.defineJob({name: 'job', job: () => {}});
        await ask(manager, 7);
        const found = [];
        for (let before; ; before = found.at(-1)) {
            const page = manager.runs({job: 'job', limit: 4, before}).map(({id}) => id);
            found.push(...page);
            if (page.length < 4) {
                break;
            }
        }
        assert.deepEqual(found, ids);
    }
});

test('scripts and functions without a name in defineJob are not kept', async (t) => {
    const hosts = storeOf(t);
    const {manager} = await hosts.next();
    await manager.addJob({name: 'script', job: script, data: {}});
    await until(() => manager.runs({job: 'script'})[0]?.ended !== undefined);
    const {manager: next} = await hosts.next();
    assert.deepEqual(next.runs(), []);
});

test('a job that keeps no history leaves no rows but its failures', async (t) => {
    const hosts = storeOf(t);
    const {manager} = await hosts.next();
    await manager.defineJob({
        name: 'job',
        history: false,
        job: (isBad) => (isBad ? Promise.reject(new Error('bad')) : 'x'.repeat(10))
    });
    await (
        await manager.runJob('job')
    ).result;
    await assert.rejects((await manager.runJob('job', {data: true})).result);
    await manager.defineJob({name: 'short', keepResult: 4, job: () => 'x'.repeat(10)});
    await (
        await manager.runJob('short', {id: 'short'})
    ).result;
    const {manager: next} = await hosts.next();
    assert.deepEqual(
        next.runs().map(({job, state, result}) => [job, state, result]),
        [
            ['short', 'completed', undefined],
            ['job', 'failed', undefined]
        ]
    );
});

test('without the option there is no thread and no file', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'job', job: () => 5});
    assert.equal(await (await manager.runJob('job')).result, 5);
    const fs = require('node:fs');
    if (process.platform === 'linux') {
        const threads = fs.readdirSync('/proc/self/task').map((task) => {
            try {
                return fs.readFileSync(`/proc/self/task/${task}/comm`, 'utf8').trim();
            } catch {
                return undefined;
            }
        });
        assert.ok(!threads.includes('job-store'), threads.join(' '));
    }
    assert.deepEqual(manager.runs({state: 'waiting'}), []);
});
