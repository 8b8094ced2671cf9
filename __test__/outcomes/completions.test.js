'use strict';

// What settles awaitCompletion, and what is said of one that waits for nothing.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const path = require('node:path');
const {test} = require('node:test');
const {Completions} = require('../../lib/events/completions');
const {JobEvents} = require('../../lib/events/job-events');
const {JobScope} = require('../../lib/host/job-scope');
const {createManager, deferred, heldJobs, nextTurn, recordingLogger} = require('../inline/support');

const jobPath = (name) => path.join(__dirname, 'jobs', `${name}.js`);
const past = new Date(0);
const inline = {offloaded: false, job() {}};
const offloaded = {job: jobPath('posts')};

for (const [kind, job] of [
    ['inline', inline],
    ['offloaded', offloaded]
]) {
    test(`${kind}: a Date in the past rejects awaitCompletion with JOB_SKIPPED, before and after`, async (t) => {
        const {manager} = createManager(t);
        const expected = {
            name: 'JobError',
            code: 'JOB_SKIPPED',
            jobName: 'late',
            message: 'Job "late" was not run because its due time was in the past'
        };
        const before = assert.rejects(manager.awaitCompletion('late'), expected);
        await manager.addJob({name: 'late', at: past, ...job});
        await before;
        await assert.rejects(manager.awaitCompletion('late'), expected);
    });

    test(`${kind}: a skipped job that is run all the same settles awaitCompletion as any other`, async (t) => {
        const {manager} = createManager(t);
        await manager.addJob({name: 'late', at: past, ...job});
        await manager.bree.run('late');
        await manager.awaitCompletion('late');
    });

    test(`${kind}: a job that is removed before its time rejects awaitCompletion with JOB_REMOVED`, async (t) => {
        const {manager} = createManager(t);
        const completion = assert.rejects(manager.awaitCompletion('later'), {
            code: 'JOB_REMOVED',
            jobName: 'later',
            message: 'Job "later" was removed before it was run'
        });
        await manager.addJob({name: 'later', at: 'every 1 hour', ...job});
        const again = assert.rejects(manager.awaitCompletion('later'), {code: 'JOB_REMOVED'});
        await manager.removeJob('later');
        await completion;
        await again;
    });

    test(`${kind}: a job that has not run when the manager is shut down rejects awaitCompletion`, async (t) => {
        const {manager} = createManager(t);
        const expected = (jobName) => ({
            code: 'MANAGER_SHUT_DOWN',
            jobName,
            message: `No run of job "${jobName}" completes any more: its job manager has been shut down`
        });
        const before = assert.rejects(manager.awaitCompletion('later'), expected('later'));
        await manager.addJob({name: 'later', at: 'every 1 hour', ...job});
        const after = assert.rejects(manager.awaitCompletion('later'), expected('later'));
        const unknown = assert.rejects(manager.awaitCompletion('unknown'), expected('unknown'));
        await manager.shutdown();
        await before;
        await after;
        await unknown;
        await assert.rejects(manager.awaitCompletion('later'), expected('later'));
    });

    test(`${kind}: a wait that begins after the removal belongs to the next job of that name`, async (t) => {
        const {manager} = createManager(t);
        const old = assert.rejects(manager.awaitCompletion('again'), {code: 'JOB_REMOVED'});
        await manager.addJob({name: 'again', at: 'every 1 hour', ...job});
        const removal = manager.removeJob('again');
        const next = manager.awaitCompletion('again');
        await manager.addJob({name: 'again', at: 'every 1 hour', ...job});
        await removal;
        await old;
        await manager.bree.run('again');
        await next;
    });
}

test('an inline job that completes during the shutdown resolves awaitCompletion, after its row is written', async (t) => {
    const rows = [];
    const JobModel = {
        findOne: async () => ({id: 1, get: () => 'queued'}),
        add: async () => {},
        edit: async ({status}) => void (await nextTurn(), rows.push(status))
    };
    const {manager} = createManager(t, {JobModel});
    const completion = manager.awaitCompletion('inline').then(() => [...rows]);
    manager.addJob({name: 'inline', offloaded: false, job: nextTurn});
    await manager.shutdown();
    assert.deepEqual(await completion, ['started', 'finished']);
});

test('after a shutdown that reached its timeout, the function that goes on settles awaitCompletion itself', async (t) => {
    const {manager} = createManager(t);
    const jobs = heldJobs();
    manager.addJob({name: 'goes on', offloaded: false, job: jobs.job('goes on')});
    await manager.addJob({name: 'later', at: 'every 1 hour', offloaded: false, job: () => {}});
    const completion = manager.awaitCompletion('goes on');
    const scheduled = assert.rejects(manager.awaitCompletion('later'), {code: 'MANAGER_SHUT_DOWN'});
    const unknown = assert.rejects(manager.awaitCompletion('unknown'), {code: 'MANAGER_SHUT_DOWN'});
    await nextTurn();
    assert.deepEqual(jobs.begun, ['goes on']);
    await assert.rejects(manager.shutdown({timeout: 20}), {code: 'SHUTDOWN_TIMEOUT'});
    await scheduled;
    jobs.end('goes on');
    await completion;
    await unknown;
});

test('how a removed run ends settles nothing of the job that has its name now', async (t) => {
    const {manager} = createManager(t, {gracePeriod: 50});
    const created = once(manager.bree, 'worker created');
    const old = assert.rejects(manager.awaitCompletion('busy'), {code: 'JOB_CANCELLED'});
    await manager.addJob({name: 'busy', job: jobPath('waits')});
    await created;
    const events = [];
    const removal = manager.removeJob('busy').then(() => events.push('removed'));
    const next = manager.awaitCompletion('busy').then(() => events.push('completed'));
    // It is due only when the old run has ended.
    await manager.addJob({name: 'busy', at: 'every 1 hour', ...offloaded});
    await old;
    await removal;
    assert.deepEqual(events, ['removed']);
    await manager.bree.run('busy');
    await next;
});

test('a run that is cancelled while it waits for a process rejects awaitCompletion', async (t) => {
    const {manager} = createManager(t, {maxWorkers: 1});
    await manager.addJob({name: 'first', job: jobPath('waits')});
    const old = assert.rejects(manager.awaitCompletion('queued'), {code: 'JOB_CANCELLED'});
    await manager.addJob({name: 'queued', ...offloaded});
    const removal = manager.removeJob('queued');
    await manager.addJob({name: 'queued', at: 'every 1 hour', ...offloaded});
    const next = manager.awaitCompletion('queued');
    await removal;
    await old;
    await manager.removeJob('first');
    await manager.bree.run('queued');
    await next;
});

test('a one-off that failed keeps who waits for its next try', async (t) => {
    const rows = new Map();
    const JobModel = {
        findOne: async ({name}) => rows.get(name),
        add: async (data) => rows.set(data.name, {id: data.name, ...data}),
        edit: async (data, {id}) => Object.assign(rows.get(id), data)
    };
    const {manager} = createManager(t, {JobModel});
    const failure = assert.rejects(manager.awaitCompletion('backup'), {message: 'no luck'});
    await manager.addOneOffJob({name: 'backup', job: jobPath('throws')});
    await failure;
    const completion = manager.awaitCompletion('backup');
    await manager.addOneOffJob({name: 'backup', ...offloaded});
    await completion;
});

test('removeJob of a scheduled inline job resolves when its run has ended', async (t) => {
    const {manager} = createManager(t);
    const jobs = heldJobs();
    const events = [];
    const completion = manager.awaitCompletion('slow').then(() => events.push('completed'));
    await manager.addJob({name: 'slow', at: 'every 1 hour', offloaded: false, job: jobs.job('slow')});
    await manager.bree.run('slow');
    await jobs.hasBegun('slow');
    const removal = manager.removeJob('slow').then(() => events.push('removed'));
    // The name is free at once.
    await manager.addJob({name: 'slow', at: 'every 1 hour', ...inline});
    await manager.bree.run('slow');
    await manager.awaitCompletion('slow');
    assert.deepEqual(events, []);
    jobs.end('slow');
    await Promise.all([removal, completion]);
    assert.deepEqual(events, ['completed', 'removed']);
});

test('bree.stop of a scheduled inline job resolves when its run has ended', async (t) => {
    const {manager} = createManager(t);
    const jobs = heldJobs();
    let isStopped = false;
    await manager.addJob({name: 'slow', at: 'every 1 hour', offloaded: false, job: jobs.job('slow')});
    await manager.bree.run('slow');
    await jobs.hasBegun('slow');
    const stop = manager.bree.stop('slow').then(() => (isStopped = true));
    await manager.addJob({name: 'other', ...inline});
    await manager.awaitCompletion('other').catch(() => {});
    assert.equal(isStopped, false);
    jobs.end('slow');
    await stop;
});

test('a scheduled inline job that removes itself does not wait for itself', async (t) => {
    const {manager} = createManager(t);
    const removed = deferred();
    await manager.addJob({
        name: 'last',
        at: 'every 1 hour',
        offloaded: false,
        async job() {
            await nextTurn();
            await manager.removeJob('last');
            removed.resolve();
        }
    });
    const completion = manager.awaitCompletion('last');
    await manager.bree.run('last');
    await removed.promise;
    await completion;
});

/** Completions on a clock that the test advances. */
function watchedCompletions(isComing) {
    const {lines, ...logger} = recordingLogger();
    const pauses = [];
    const pause = (ms, signal) =>
        new Promise((resolve) => {
            const wait = {ms, resolve};
            pauses.push(wait);
            signal.addEventListener('abort', () => pauses.splice(pauses.indexOf(wait), 1));
        });
    const completions = new Completions(logger, isComing, {pause});
    return {
        completions,
        warnings: lines.warn,
        async pass() {
            const [{ms, resolve}] = pauses.splice(0, 1);
            assert.equal(ms, 5_000);
            resolve();
            await nextTurn();
        },
        isWatching: () => pauses.length > 0
    };
}

test('a wait for a job that is not there is warned about, once', async () => {
    const {completions, warnings, pass, isWatching} = watchedCompletions(() => false);
    completions.wait('mispelt');
    completions.wait('mispelt');
    assert.deepEqual(warnings, []);
    await pass();
    completions.wait('mispelt');
    assert.deepEqual(warnings, [
        'awaitCompletion("mispelt") has been pending for 5 s and no job of that name is registered. ' +
            'Call it before addJob, with the same name.'
    ]);
    assert.equal(isWatching(), false);
});

test('a wait that begins when the job is over is warned about', async () => {
    const {completions, warnings, pass} = watchedCompletions(() => false);
    completions.wait('over', {name: 'over'});
    await pass();
    assert.deepEqual(warnings, [
        'awaitCompletion("over") has been pending for 5 s and no run of that job is running, queued or due. ' +
            'Call it before addJob, with the same name.'
    ]);
});

test('a wait that is registered before its job is not warned about', async () => {
    let isComing = false;
    const {completions, warnings, pass, isWatching} = watchedCompletions(() => isComing);
    const scope = {name: 'documented'};
    const completion = completions.wait('documented');
    completions.registered(scope, undefined);
    isComing = true;
    await pass();
    assert.equal(isWatching(), false);
    completions.ended('documented').resolve();
    await completion;
    assert.deepEqual(warnings, []);
});

test('a wait while inline jobs are under way is looked at again until none is', async () => {
    let isComing = true;
    const {completions, warnings, pass, isWatching} = watchedCompletions(() => isComing);
    completions.wait('queued');
    await pass();
    assert.deepEqual(warnings, []);
    isComing = false;
    await pass();
    assert.equal(warnings.length, 1);
    assert.equal(isWatching(), false);
});

test('a wait that is settled leaves no timer behind', async () => {
    const {completions, isWatching} = watchedCompletions(() => false);
    const completion = completions.wait('quick');
    assert.equal(isWatching(), true);
    completions.ended('quick').resolve();
    await completion;
    assert.equal(isWatching(), false);
});

test('a wait for a job that is due is not looked at', async () => {
    const {completions, isWatching} = watchedCompletions(() => true);
    completions.wait('due', {name: 'due'});
    assert.equal(isWatching(), false);
});

test('how a run ended counts for a removed job also while its status is being written', async (t) => {
    const gate = deferred();
    const writing = deferred();
    const JobModel = {
        findOne: async () => ({id: 1, status: 'started'}),
        async add() {},
        async edit({status}) {
            if (status === 'failed') {
                writing.resolve();
                await gate.promise;
            }
        }
    };
    const {manager} = createManager(t, {JobModel, gracePeriod: 50});
    const created = once(manager.bree, 'worker created');
    const completion = assert.rejects(manager.awaitCompletion('busy'), {code: 'JOB_CANCELLED'});
    await manager.addJob({name: 'busy', job: jobPath('waits')});
    await created;
    const removal = manager.removeJob('busy');
    await writing.promise;
    await removal;
    gate.resolve();
    await completion;
});

test('a job whose only time passed unnoticed settles awaitCompletion as a past one does', () => {
    const scope = new JobScope('asleep');
    const told = [];
    const event = {type: 'skipped', name: 'asleep', registration: scope.number, reason: 'missed', skipped: 1};
    const native = {takeEvents: () => ({events: [event], bytes: new Uint8Array(), hasMore: false})};
    const events = new JobEvents(native, undefined, {
        failed: new Map(),
        runs: () => ({skipped() {}}),
        logger: recordingLogger(),
        registered: (name, number) => (name === 'asleep' && number === scope.number ? scope : undefined),
        onMissed: (registered) => told.push([registered, JobScope.current('asleep')])
    });
    events.pump();
    assert.deepEqual(told, [[scope, scope]]);
});

test('the documented pattern gives no warning, and an unknown name keeps no process alive', async (t) => {
    const {manager, lines} = createManager(t);
    const completion = manager.awaitCompletion('mail');
    await manager.addJob({name: 'mail', ...inline});
    await completion;
    assert.deepEqual(lines.warn, []);
});
