'use strict';

// What a host sees of its jobs and runs, and what their events tell.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const {test} = require('node:test');
const {blockUntil, eventually} = require('../support/processes');
const {createManager} = require('../support/runs');
const {failureOf, jobs, resultOf, trying} = require('./support');

const names = (infos) => infos.map(({name}) => name);

test('a job is shown with its schedule, its options, its totals and its last run', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({
        name: 'sum',
        job: async ({a, b}) => a + b,
        at: 'every day at 02:30',
        timezone: 'Europe/London',
        description: 'Adds two numbers',
        tags: ['numbers'],
        attempts: 2,
        backoff: 0,
        data: {a: 'secret', b: 1}
    });
    assert.equal(await resultOf(manager, 'sum', {data: {a: 1, b: 2}}), 3);
    await failureOf(await manager.runJob('sum', {data: null}));
    const info = manager.job('sum');
    assert.ok(Object.isFrozen(info));
    assert.equal(JSON.stringify(info).includes('secret'), false);
    const {schedule, totals, last, next, lastSuccess, lastFailure, ...facts} = info;
    assert.deepEqual(schedule, {
        at: 'every day at 02:30',
        text: 'every day at 02:30',
        timezone: 'Europe/London',
        cron5: '30 2 * * *'
    });
    assert.deepEqual(totals, {
        completed: 1,
        failed: 1,
        cancelled: 0,
        retries: 1,
        skipped: {overlap: 0, missed: 0, paused: 0}
    });
    assert.deepEqual([last.state, last.attempt, last.error.name], ['failed', 2, 'TypeError']);
    assert.ok(next > new Date() && lastSuccess <= lastFailure);
    assert.deepEqual(facts, {
        name: 'sum',
        kind: 'inline',
        state: 'armed',
        description: 'Adds two numbers',
        tags: ['numbers'],
        source: 'function',
        retryAt: undefined,
        paused: undefined,
        running: 0,
        waiting: 0,
        failuresInARow: 1,
        options: {attempts: 2, backoff: 0},
        oneOff: false
    });
    assert.equal(manager.job('toString'), undefined);
});

test('jobs are paged by name, by due time and by their last run, and found by state, tag and part of a name', async (t) => {
    const {manager} = createManager(t);
    const define = (name, options) => manager.defineJob({name, job: async () => name, ...options});
    await define('b', {at: 'every day at 03:00', timezone: 'UTC', tags: ['nightly']});
    await define('a', {at: 'every year', timezone: 'UTC', tags: ['nightly']});
    await define('d');
    await define('C', {paused: true, at: 'every day'});
    await resultOf(manager, 'd');
    await resultOf(manager, 'a');
    const byName = names(manager.jobs());
    assert.deepEqual(byName, ['C', 'a', 'b', 'd']);
    assert.deepEqual(names(manager.jobs({limit: 2})), ['C', 'a']);
    assert.deepEqual(names(manager.jobs({limit: 2, after: 'a'})), ['b', 'd']);
    assert.deepEqual(names(manager.jobs({sort: 'due'})).slice(0, 2), ['b', 'a']);
    assert.deepEqual(names(manager.jobs({sort: 'due', after: 'b'}))[0], 'a');
    assert.deepEqual(names(manager.jobs({sort: 'lastRun'})), ['a', 'd', 'C', 'b']);
    assert.deepEqual(names(manager.jobs({sort: 'lastRun', limit: 1, after: 'a'})), ['d']);
    assert.deepEqual(names(manager.jobs({sort: 'lastRun', limit: 2, after: 'd'})), ['C', 'b']);
    assert.deepEqual(names(manager.jobs({sort: 'lastRun', after: 'C'})), ['b']);
    assert.deepEqual(names(manager.jobs({sort: 'lastRun', tag: 'nightly'})), ['a', 'b']);
    assert.deepEqual(names(manager.jobs({state: 'paused'})), ['C']);
    assert.deepEqual(names(manager.jobs({tag: 'nightly'})), ['a', 'b']);
    assert.deepEqual(names(manager.jobs({name: 'c'})), ['C']);
    for (const filter of [{limit: 0}, {limit: 1_001}, {sort: 'size'}, {state: 'asleep'}, {tag: 5}, 5]) {
        assert.throws(() => manager.jobs(filter), {code: 'INVALID_OPTION'});
    }
    assert.throws(() => manager.runs({state: 'done'}), {code: 'INVALID_OPTION'});
    assert.throws(() => manager.upcoming({from: 'now'}), {code: 'INVALID_OPTION'});
});

test('runs are paged from the newest to the oldest, those that go and those that have ended', async (t) => {
    const {manager} = createManager(t);
    let open;
    const gate = new Promise((resolve) => (open = resolve));
    await manager.defineJob({
        name: 'waits',
        concurrency: 1,
        job: async (data) => (data === 'last' ? gate : data)
    });
    const runs = [];
    for (const data of ['first', 'second', 'last', 'queued']) {
        runs.push(await manager.runJob('waits', {data, id: data === 'second' ? 'my own' : undefined}));
    }
    await runs[1].result;
    const ids = (filter) => manager.runs(filter).map(({id}) => id);
    const expected = runs.map(({id}) => id).toReversed();
    assert.deepEqual(ids(), expected);
    assert.deepEqual(
        manager.runs().map(({state}) => state),
        ['queued', 'running', 'completed', 'completed']
    );
    assert.deepEqual(ids({limit: 2}), expected.slice(0, 2));
    assert.deepEqual(ids({limit: 2, before: expected[1]}), expected.slice(2));
    assert.deepEqual(ids({before: 'my own'}), [runs[0].id]);
    assert.deepEqual(ids({state: 'running'}), [runs[2].id]);
    assert.deepEqual(ids({state: 'completed', job: 'waits'}), expected.slice(2));
    assert.deepEqual(ids({job: 'other'}), []);
    const {result, trigger, queued, started, ended, startDelayMs} = manager.run('my own');
    assert.deepEqual([result, trigger], ['second', 'manual']);
    assert.ok(queued <= started && started <= ended && startDelayMs >= 0);
    assert.equal(manager.run('no-such-run'), undefined);
    assert.equal(manager.run(`${runs[0].id}0`), undefined);
    open('opened');
    await runs[3].result;
    assert.deepEqual(ids({state: 'completed'}), expected);
});

test('a schedule is shown as a cron line and as a length of time, where these can say it', async (t) => {
    const {manager} = createManager(t);
    const shown = async (at) => {
        await manager.defineJob({name: String(at), job: async () => {}, at});
        const {cron5, everyMs} = manager.job(String(at)).schedule;
        return [cron5, everyMs];
    };
    assert.deepEqual(await shown('every 5 minutes'), ['*/5 * * * *', 300_000]);
    assert.deepEqual(await shown('0 30 2 * * 1-5'), ['30 2 * * 1-5', undefined]);
    assert.deepEqual(await shown('every 90 seconds'), [undefined, 90_000]);
    assert.deepEqual(await shown('15 30 2 * * *'), [undefined, undefined]);
    assert.deepEqual(await shown(new Date(Date.now() + 60_000)), [undefined, undefined]);
});

test('the time zone of a schedule is that of the process, also after TZ has changed', async (t) => {
    const {TZ} = process.env;
    t.after(() => (TZ === undefined ? delete process.env.TZ : (process.env.TZ = TZ)));
    const {manager} = createManager(t);
    await manager.defineJob({name: 'job', job: async () => {}, at: 'every day'});
    for (const zone of ['Europe/London', 'Asia/Tokyo']) {
        process.env.TZ = zone;
        assert.equal(manager.job('job').schedule.timezone, zone);
    }
});

test('a scheduled script is shown with its times, its process and its end', async (t) => {
    const {manager} = createManager(t);
    const {job} = trying(t, ['exit'], {at: new Date(Date.now() + 100), name: 'script'});
    const ended = once(manager.events, 'run ended');
    await manager.addJob(job);
    const [{run, error}] = await ended;
    assert.deepEqual(run, manager.runs({job: 'script'})[0]);
    assert.deepEqual(
        [run.state, run.trigger, run.cause, run.exitCode, run.gaveUp, error.code],
        ['failed', 'date', 'exit', 3, 'attempts', 'JOB_EXIT_CODE']
    );
    assert.ok(run.due <= run.started && run.started <= run.online && run.online <= run.ended);
    assert.ok(run.pid > 0 && run.threadId > 0 && run.elapsedMs > 0 && run.cpuMs > 0);
    assert.equal(manager.job('script').state, 'finished');
});

test('the start of a run is true while the event loop of the host is blocked', async (t) => {
    const {manager} = createManager(t);
    const at = new Date(Date.now() + 300);
    const {job} = trying(t, ['done'], {at, name: 'script'});
    const ended = once(manager.events, 'run ended');
    await manager.addJob(job);
    const blockedUntilMs = at.getTime() + 2_000;
    while (Date.now() < blockedUntilMs);
    const [{run}] = await ended;
    assert.ok(run.online < blockedUntilMs && run.ended < blockedUntilMs, JSON.stringify(run));
});

test('due times to come are listed over all jobs, without those of paused ones', async (t) => {
    const {manager} = createManager(t);
    const define = (name, at) => manager.defineJob({name, at, timezone: 'UTC', job: async () => {}});
    await define('hourly', '0 0 * * * *');
    await define('daily', 'every day at 03:30');
    await define('paused', '* * * * * *');
    await manager.pauseJob('paused');
    const from = new Date('2040-01-01T02:30:00Z');
    const list = manager
        .upcoming({from, limit: 4})
        .map(({job, due}) => [job, due.toISOString().slice(11, 16)]);
    assert.deepEqual(list, [
        ['hourly', '03:00'],
        ['daily', '03:30'],
        ['hourly', '04:00'],
        ['hourly', '05:00']
    ]);
    assert.equal(manager.upcoming({from, to: new Date('2040-01-01T03:30:00Z')}).length, 1);
});

test('stats count jobs, runs and processes', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'echo', job: jobs('echo.js')});
    await manager.defineJob({name: 'later', job: async () => {}, at: 'every day', paused: true});
    await resultOf(manager, 'echo');
    const delayed = await manager.runJob('echo', {delay: 60_000});
    const {since, host, version, ...stats} = manager.stats();
    assert.ok(since <= new Date() && host.length > 0);
    assert.equal(version, require('../../package.json').version);
    assert.deepEqual(stats, {
        instance: delayed.id.split('-')[0],
        pid: process.pid,
        jobs: 2,
        running: 0,
        waiting: 1,
        retrying: 0,
        paused: 1,
        inline: {waiting: 0, running: 0},
        processes: {running: 0, spare: 0, kept: 1, booting: 0, stopping: 0},
        rowsPending: 0,
        historyRuns: 1,
        outputBytes: 0,
        outputDroppedBytes: 0,
        state: 'open'
    });
});

test('events of a run come in order, and its end exactly once, for each kind of job', async (t) => {
    const {manager} = createManager(t);
    const heard = [];
    const OF_RUNS = ['run queued', 'run started', 'run online', 'attempt failed', 'run ended'];
    for (const event of OF_RUNS) {
        manager.events.on(event, ({run}) => heard.push([run.job, event, run.state, run.attempt]));
    }
    const order = (job, failed) => [
        [job, 'run queued', 'queued', 1],
        [job, 'run started', 'running', 1],
        [job, 'run online', 'running', 1],
        ...(failed
            ? [
                  [job, 'attempt failed', 'retrying', 1],
                  [job, 'run started', 'running', 2],
                  [job, 'run online', 'running', 2]
              ]
            : []),
        [job, 'run ended', 'completed', failed ? 2 : 1]
    ];
    const {job} = trying(t, ['throw', 'done'], {name: 'script', attempts: 2, backoff: 0});
    const ended = once(manager.bree, 'worker deleted');
    await manager.addJob(job);
    await ended;
    await eventually('the end of the script', () => heard.some(([, event]) => event === 'run ended'));
    assert.deepEqual(heard.splice(0), order('script', true));
    await manager.defineJob({name: 'handler', job: jobs('echo.js')});
    await resultOf(manager, 'handler');
    assert.deepEqual(heard.splice(0), order('handler', false));
    let tries = 0;
    await manager.defineJob({
        name: 'inline',
        attempts: 2,
        backoff: 0,
        job: async () => {
            tries += 1;
            if (tries === 1) {
                throw new Error('not yet');
            }
        }
    });
    await resultOf(manager, 'inline');
    assert.deepEqual(heard.splice(0), order('inline', true));
});

test('the start of a scheduled run of a handler is an event, also where no run was ever requested', async (t) => {
    const {manager} = createManager(t);
    const heard = [];
    await manager.defineJob({name: 'ticks', at: '* * * * * *', job: jobs('echo.js')});
    for (const event of ['run queued', 'run started', 'run online', 'run ended']) {
        manager.events.on(event, () => heard.push(event));
    }
    await eventually('the end of a run', () => heard.includes('run ended'));
    assert.deepEqual(heard.slice(0, 4), ['run queued', 'run started', 'run online', 'run ended']);
});

test('events of jobs tell what was added, removed, paused and resumed', async (t) => {
    const {manager} = createManager(t);
    const heard = [];
    for (const event of ['job added', 'job removed', 'job paused', 'job resumed']) {
        manager.events.on(event, ({job, by, note}) => heard.push([event, job.name, job.state, by, note]));
    }
    for (const event of ['all paused', 'all resumed']) {
        manager.events.on(event, ({by}) => heard.push([event, by]));
    }
    await manager.defineJob({name: 'job', at: 'every day', job: async () => {}});
    await manager.pauseJob('job', {note: 'for now', by: 'operator'});
    await manager.pauseJob('job');
    await manager.resumeJob('job');
    await manager.pauseAll();
    await manager.resumeAll();
    await eventually('the last event', () => heard.at(-1)[0] === 'all resumed');
    await manager.removeJob('job');
    assert.deepEqual(heard, [
        ['job added', 'job', 'armed', undefined, undefined],
        ['job paused', 'job', 'paused', 'operator', 'for now'],
        ['job resumed', 'job', 'armed', undefined, undefined],
        ['all paused', 'host'],
        ['all resumed', undefined],
        ['job removed', 'job', 'armed', undefined, undefined]
    ]);
});

test('a listener that throws or rejects is logged, and keeps neither the others nor the run', async (t) => {
    const {manager, logs} = createManager(t);
    const heard = [];
    manager.events.on('run ended', () => {
        throw new Error('the first listener');
    });
    manager.events.on('run ended', async () => {
        throw new Error('the second listener');
    });
    manager.events.once('run ended', ({result}) => heard.push(result));
    await manager.defineJob({name: 'job', job: async (data) => data});
    assert.equal(await resultOf(manager, 'job', {data: 1}), 1);
    assert.equal(await resultOf(manager, 'job', {data: 2}), 2);
    assert.deepEqual(heard, [1]);
    const errors = logs.filter(({level}) => level === 'error').map(({text}) => text);
    assert.equal(errors.filter((text) => text.includes('the first listener')).length, 2);
    await eventually('the rejections', () => logs.filter(({text}) => text.includes('second')).length === 2);
});

test('progress and lines of the log are events, and lines are written to the log of the host', async (t) => {
    const {manager, logs} = createManager(t);
    const heard = [];
    manager.events.on('run progress', ({job, progress}) => heard.push([job, progress.value]));
    manager.events.on('run log', ({job, line}) => heard.push([job, line.message]));
    const job = async (data, run) => {
        run.progress(0.5);
        run.log('half', {of: 'it'}, 'warn');
    };
    await manager.defineJob({name: 'loud', job});
    await manager.defineJob({name: 'quiet', job, logToHost: false});
    await resultOf(manager, 'loud');
    await resultOf(manager, 'quiet');
    assert.deepEqual(heard, [
        ['loud', 0.5],
        ['loud', 'half'],
        ['quiet', 0.5],
        ['quiet', 'half']
    ]);
    assert.deepEqual(
        logs.filter(({level}) => level === 'warn').map(({text}) => text),
        ['Job "loud": half [object Object]']
    );
});

test('a run that takes long is warned about once, and goes on', async (t) => {
    const {manager, logs} = createManager(t);
    const slow = once(manager.events, 'run slow');
    let open;
    const gate = new Promise((resolve) => (open = resolve));
    await manager.defineJob({name: 'long', job: () => gate, warnAfter: 20});
    const run = await manager.runJob('long');
    const [{run: info, limitMs}] = await slow;
    assert.deepEqual([info.id, info.slow, limitMs], [run.id, true, 20]);
    open();
    await run.result;
    assert.equal(run.info().slow, true);
    const lines = logs.filter(({text}) => text.startsWith('Job "long" takes longer than usual'));
    assert.equal(lines.length, 1);
});

test('one that gives no sign of life is stopped as stalled', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'still', job: () => new Promise(() => {}), stallAfter: 1_000});
    const {error, info} = await failureOf(await manager.runJob('still'));
    assert.deepEqual([error.code, info.cause], ['JOB_STALLED', 'stalled']);
    await assert.rejects(
        manager.addJob({name: 'inline', offloaded: false, job: () => {}, stallAfter: 1_000}),
        {
            code: 'INVALID_OPTION',
            message: /"stallAfter" of job "inline" is only for offloaded jobs and handlers/
        }
    );
});

test('due times without a run are an event with their reason', async (t) => {
    const {manager} = createManager(t);
    const skipped = once(manager.events, 'run skipped');
    await manager.defineJob({
        name: 'busy',
        job: () => new Promise(() => {}),
        at: '* * * * * *',
        concurrency: 1
    });
    const [event] = await skipped;
    assert.deepEqual([event.job, event.reason, event.count], ['busy', 'overlap', 1]);
    assert.ok(event.due instanceof Date);
    assert.equal(manager.job('busy').totals.skipped.overlap, 1);
});

test('a run that has ended is known all the time, also before its event has been handled', async (t) => {
    const {manager} = createManager(t);
    const online = once(manager.events, 'run online');
    await manager.addJob({name: 'quick', job: () => {}});
    const [{run}] = await online;
    // The event of its end waits for as long as this blocks the event loop.
    assert.ok(blockUntil(() => manager.stats().running === 0));
    assert.equal(manager.run(run.id).state, 'stopping');
    assert.deepEqual(
        manager.runs({job: 'quick'}).map(({id, state}) => [id, state]),
        [[run.id, 'stopping']]
    );
    assert.deepEqual(manager.runs({job: 'quick', state: 'running'}), []);
    assert.notEqual(manager.output(run.id), undefined);
    await once(manager.events, 'run ended');
    assert.equal(manager.run(run.id).state, 'completed');
    assert.equal(manager.runs({job: 'quick'}).length, 1);
});
