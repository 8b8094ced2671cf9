'use strict';

// A host dies, is cut off, is blocked or is stopped in the middle of a run. Leases are short here; what counts are their proportions.

const assert = require('node:assert/strict');
const nodeTest = require('node:test');
const {knexOf} = require('./knex');
const {freeze} = require('./freeze');
const {
    LEASE_MS,
    LOCK_MS,
    MARIADB,
    POSTGRES,
    lostSlots,
    makeCluster,
    overlapOf,
    startProxy,
    within
} = require('./support');

/** A lost run is found by then: lease, lock, and two checks. */
const FOUND_MS = LOCK_MS + 2 * LEASE_MS + 2_000;
/** A job whose one run takes some time. */
const long = (ms, more) => ({kind: 'script', name: 'long', afterMs: 1, ms, ...more});
const LONG_MS = 2 * LEASE_MS;

/** A host and its job are frozen together for so long. */
const FROZEN_MS = LEASE_MS + LOCK_MS + 500;
/** A run that has not ended by the clock when it wakes up, also on a busy machine. */
const WAKES_MS = 2 * FROZEN_MS;
/** How long a host may take, after it wakes up, to end a run whose lease has expired. */
const WAKING_MS = 1_500;
/** A database of the job's own. */
const SQL_URL = POSTGRES ?? MARIADB;

/** Starts a host that gets the run, and, once that goes, others. */
async function running(cluster, job, {url, others = 2} = {}) {
    const rest = await Promise.all(Array.from({length: others}, () => cluster.host()));
    const first = await cluster.host(url && {url});
    await first.ask('add', {job: {...job, inMs: 1_000}});
    const [run] = await within('the run begins', 20_000, () => cluster.lines().length > 0 && cluster.lines());
    assert.equal(run.host, first.pid);
    await Promise.all(rest.map((host) => host.ask('add', {job})));
    return {first, rest};
}

function doneOnce(cluster, {tries: expected}) {
    const tries = cluster.tries();
    assert.equal(tries.length, expected, JSON.stringify(tries));
    assert.equal(tries.filter(({isDone}) => isDone).length, 1, JSON.stringify(tries));
    assert.equal(overlapOf(tries), 0, JSON.stringify(tries));
    return tries;
}

const isDone = (cluster) => cluster.tries().some((run) => run.isDone);

/** Another host begins the run, and it goes there when this is over. */
async function redoneMeanwhile(cluster, {sinceMs}) {
    await within('it is redone', FOUND_MS, () => cluster.tries().length === 2);
    await new Promise((resolve) => setTimeout(resolve, sinceMs + FROZEN_MS - Date.now()));
    assert.ok(!isDone(cluster), JSON.stringify(cluster.tries()));
}

/** The queue or the table has one end of the run, and it is that of the host which has it last. */
async function endedOnce(t, {cluster, on, host}) {
    const tries = cluster.tries();
    assert.deepEqual(
        tries.map((run) => run.isDone),
        [false, true],
        JSON.stringify(tries)
    );
    if (on.backend === 'bullmq') {
        const infoNow = async () => (await host.ask('info')).info;
        let info = await infoNow();
        for (const end = Date.now() + 20_000; info.running.length > 0 && Date.now() < end;) {
            info = await infoNow();
        }
        assert.deepEqual([info.queue.completed, info.queue.failed, info.running], [1, 0, []]);
    } else {
        const knex = knexOf(on.url, {max: 1});
        t.after(() => knex.destroy());
        let rows;
        const end = Date.now() + 20_000;
        do {
            rows = await knex(cluster.name);
        } while (rows.some(({lease_until: leaseUntil}) => leaseUntil !== null) && Date.now() < end);
        assert.deepEqual(
            rows.map(({lease_until: leaseUntil, fence}) => [leaseUntil, fence]),
            [[null, tries[1].fence]]
        );
    }
}

/** All rows on one backend. Most of their time is spent waiting, so they go beside each other. */
function testLosses(on) {
    const tests = [];
    const test = (title, run) => tests.push([title, run]);
    test(`the run of a host that was killed is redone once on another`, async (t) => {
        const cluster = makeCluster(t, on);
        const {first, rest} = await running(cluster, long(LONG_MS));
        first.child.kill('SIGKILL');
        await within('it is redone', FOUND_MS, () => isDone(cluster));
        const [before, after] = doneOnce(cluster, {tries: 2});
        assert.ok(rest.some(({pid}) => pid === after.host));
        assert.ok(after.fence > before.fence, 'the fence grows');
        assert.deepEqual(first.pids(), [], 'its children died with it');
    });

    test(`with onHostLoss 'fail' it is reported, and not redone`, async (t) => {
        const cluster = makeCluster(t, on);
        const {first, rest} = await running(cluster, long(LONG_MS, {onHostLoss: 'fail'}));
        first.child.kill('SIGKILL');
        const failed = await Promise.race(rest.map(({told}) => told('failed')));
        assert.equal(failed.code, 'JOB_HOST_LOST');
        assert.equal(failed.runId, cluster.tries()[0].id);
        assert.equal(cluster.tries().length, 1);
    });

    test(`a run whose next host is killed, too, is redone on the third`, async (t) => {
        const cluster = makeCluster(t, on);
        const {first, rest} = await running(cluster, long(LONG_MS));
        first.child.kill('SIGKILL');
        await within('it is redone', FOUND_MS, () => cluster.tries().length === 2);
        const second = rest.find(({pid}) => pid === cluster.tries()[1].host);
        second.child.kill('SIGKILL');
        await within('it is redone again', FOUND_MS, () => isDone(cluster));
        const fences = doneOnce(cluster, {tries: 3}).map(({fence}) => fence);
        assert.ok(fences[0] < fences[1] && fences[1] < fences[2], String(fences));
    });

    test(`a host without others that is cut off redoes its run when it is connected again`, async (t) => {
        const cluster = makeCluster(t, on);
        const proxy = await startProxy(t, on.url);
        const {first} = await running(cluster, long(LONG_MS), {url: proxy.url, others: 0});
        proxy.cut();
        assert.equal((await first.told('failed')).code, 'JOB_LEASE_LOST');
        proxy.mend();
        await within('it is redone', FOUND_MS + LONG_MS, () => isDone(cluster));
        doneOnce(cluster, {tries: 2});
    });

    test(`a host that is cut off ends its run before another one begins it`, async (t) => {
        const cluster = makeCluster(t, on);
        const proxy = await startProxy(t, on.url);
        const {first} = await running(cluster, long(3 * LEASE_MS), {url: proxy.url});
        proxy.cut();
        const failed = await first.told('failed');
        assert.equal(failed.code, 'JOB_LEASE_LOST');
        await within('it is redone', FOUND_MS + 3 * LEASE_MS, () => isDone(cluster));
        proxy.mend();
        doneOnce(cluster, {tries: 2});
    });

    test(`a host that is stopped keeps no run going beyond its lease`, async (t) => {
        const cluster = makeCluster(t, on);
        const {first} = await running(cluster, long(3 * LEASE_MS));
        first.child.kill('SIGSTOP');
        await within('it is redone', FOUND_MS + 3 * LEASE_MS, () => isDone(cluster));
        first.child.kill('SIGCONT');
        await first.told('failed');
        doneOnce(cluster, {tries: 2});
    });

    test(`a host that is frozen with its job, as when a virtual machine is paused, ends the run as it wakes up`, async (t) => {
        const cluster = makeCluster(t, on);
        const {first, rest} = await running(cluster, long(WAKES_MS));
        const frozen = freeze(t, first);
        await redoneMeanwhile(cluster, frozen);
        const wokeAt = frozen.wake();
        const failed = await first.told('failed');
        assert.equal(failed.code, 'JOB_LEASE_LOST');
        await within('the other one is done', WAKES_MS + FOUND_MS, () => isDone(cluster));
        const [before, after] = cluster.tries();
        const awakeMs = Math.max(0, before.last - wokeAt);
        t.diagnostic(`the job went on for ${awakeMs} ms after waking up`);
        assert.ok(awakeMs < WAKING_MS, `${awakeMs} ms after waking up`);
        assert.ok(after.fence > before.fence, 'the fence grows');
        await endedOnce(t, {cluster, on, host: rest[0]});
    });

    if (SQL_URL) {
        test(`a job that wakes up without its host changes nothing that another run has written since: the fence refuses it`, async (t) => {
            const cluster = makeCluster(t, on);
            const knex = knexOf(SQL_URL, {max: 1});
            const totals = {url: SQL_URL, table: `${cluster.name}_totals`, month: 11};
            t.after(() => knex.destroy());
            await knex.schema.createTable(totals.table, (table) => {
                table.integer('month').primary();
                table.integer('total');
                table.integer('fence');
            });
            await knex(totals.table).insert({month: totals.month, total: 0, fence: 0});
            const {first, rest} = await running(cluster, long(WAKES_MS, {totals}));
            const wrote = (fence) =>
                cluster.lines().filter((line) => line.what === 'wrote' && line.fence === fence);
            const [{fence: fenceBefore}] = cluster.tries();
            await within('it writes', 20_000, () => wrote(fenceBefore).length > 0);
            const frozen = freeze(t, first);
            await redoneMeanwhile(cluster, frozen);
            const {fence} = cluster.tries()[1];
            await within('the other one writes', 20_000, () => wrote(fence).length > 0);
            const [{pid}] = wrote(fenceBefore);
            const wokeAt = frozen.wake([pid]);
            const late = () => wrote(fenceBefore).filter(({sentAt}) => sentAt > wokeAt);
            await within('it writes, awake', 20_000, () => late().length > 0);
            frozen.wake();
            await first.told('failed');
            await within('the other one is done', WAKES_MS + FOUND_MS, () => isDone(cluster));
            assert.deepEqual([...new Set(late().map(({changed}) => changed))], [0]);
            const [row] = await knex(totals.table);
            assert.deepEqual(row, {month: 11, total: wrote(fence)[0].pid, fence});
            await endedOnce(t, {cluster, on, host: rest[0]});
        });
    }

    for (const [phase, beforeDueMs, ms] of [
        ['before the claim', 600, 300],
        ['between claim and due time', 150, 300],
        ['in the middle of a run', -100, 300],
        ['as a run ends', -400, 600]
    ]) {
        test(`a host whose loop is blocked ${phase} runs nothing twice`, async (t) => {
            const cluster = makeCluster(t, on);
            const hosts = await Promise.all([cluster.host(), cluster.host(), cluster.host()]);
            const [first] = hosts;
            const due = Date.now() + 5_000;
            await Promise.all(hosts.map((host) => host.ask('add', {job: {...long(ms), afterMs: due}})));
            await new Promise((resolve) => setTimeout(resolve, due - beforeDueMs - Date.now()));
            await first.ask('block', {ms: LOCK_MS + LEASE_MS});
            await within('it is done', FOUND_MS, () => isDone(cluster));
            const tries = cluster.tries();
            assert.equal(overlapOf(tries), 0, JSON.stringify(tries));
            if (on.backend === 'bullmq') {
                assert.equal(tries.length, 1, `the run is not even disturbed: ${JSON.stringify(tries)}`);
            } else {
                // Only the loop of the host can write to its database, and it is blocked for longer than the lease lasts.
                assert.ok(tries.length <= 2, JSON.stringify(tries));
            }
        });
    }

    test(`after all hosts were down, one run makes up for the slots, or none, as the job says`, async (t) => {
        const cluster = makeCluster(t, on);
        const jobs = ['once', 'skip'].map((missed) => ({
            kind: 'inline',
            name: missed,
            at: '*/10 * * * * *',
            missed
        }));
        const runsOf = (job) => cluster.tries().filter(({id}) => id.startsWith(job));
        const before = await Promise.all([cluster.host({jobs}), cluster.host({jobs})]);
        await within('a slot', 30_000, () => runsOf('once').length > 0);
        const [{due: lastDue}] = runsOf('once');
        before.forEach(({child}) => child.kill('SIGKILL'));
        await Promise.all(before.map(({ended}) => ended));
        // Two slots pass.
        await new Promise((resolve) => setTimeout(resolve, lastDue + 22_000 - Date.now()));
        await Promise.all([cluster.host({jobs}), cluster.host({jobs})]);
        // On a busy machine they may start so slowly that another slot passes.
        const passedMs = Date.now() - lastDue < 29_000 ? 20_000 : 30_000;
        const after = (job) => runsOf(job).filter(({due}) => due > lastDue);
        await within('a slot after that', 30_000, () =>
            after('once').some(({due}) => due > lastDue + passedMs)
        );
        const madeUp = () => after('once').filter(({due}) => due <= lastDue + passedMs);
        await within('one that makes up', FOUND_MS, () => madeUp().length > 0);
        t.diagnostic(`it began ${madeUp()[0].begin - lastDue - passedMs} ms after its due time`);
        assert.deepEqual(
            madeUp().map(({due, trigger}) => [due - lastDue, trigger]),
            [[passedMs, madeUp()[0].begin - lastDue > passedMs + 1_000 ? 'missed' : 'schedule']],
            'the last of them'
        );
        assert.deepEqual(
            after('skip').filter(({due, begin}) => begin - due > 1_000),
            []
        );
    });

    test(`all hosts are killed in the middle of a run: the next ones redo it, and every slot that passed runs or is reported`, async (t) => {
        const cluster = makeCluster(t, on);
        const jobs = [{kind: 'script', name: 'long', at: '*/5 * * * * *', ms: 1_000}];
        const before = await Promise.all([cluster.host({jobs}), cluster.host({jobs})]);
        await within('a run begins', 30_000, () => cluster.tries().length > 0);
        const [{id: lost, due: lastDue}] = cluster.tries();
        before.forEach(({child}) => child.kill('SIGKILL'));
        await Promise.all(before.map(({ended}) => ended));
        await new Promise((resolve) => setTimeout(resolve, lastDue + 11_000 - Date.now()));
        await Promise.all([cluster.host({jobs}), cluster.host({jobs})]);
        const readyAt = Date.now();
        const ofLost = () => cluster.tries().filter(({id}) => id === lost);
        await within('the lost run is redone', FOUND_MS, () => ofLost().some((run) => run.isDone));
        await within(
            'every slot has run or is reported',
            FOUND_MS,
            () => lostSlots(cluster, {name: 'long', everyMs: 5_000, untilMs: readyAt}).length === 0
        );
        assert.equal(ofLost().length, 2, JSON.stringify(ofLost()));
        const others = cluster.tries().filter(({id}) => id !== lost);
        assert.equal(new Set(others.map(({id}) => id)).size, others.length, JSON.stringify(others));
        const passed = others.filter(({due}) => due > lastDue && due < readyAt);
        assert.ok(passed.length <= 1, 'no burst');
        // A queue skips it, because the lost run goes.
        assert.ok(on.backend === 'bullmq' || passed.length === 1, 'one makes up for them');
    });

    test(`a host that shuts down gives back what it has not done`, async (t) => {
        const cluster = makeCluster(t, on);
        // It is not lost.
        const {first, rest} = await running(cluster, long(LONG_MS, {isDeaf: true, onHostLoss: 'fail'}));
        await first.ask('shutdown', {timeout: 500});
        await within('another one does it', FOUND_MS + 4_000, () => isDone(cluster));
        const tries = doneOnce(cluster, {tries: 2});
        assert.ok(rest.some(({pid}) => pid === tries[1].host));
    });
    nodeTest(`a cluster on ${on.title}`, {concurrency: 5}, async (t) => {
        await Promise.all(tests.map(([title, run]) => t.test(title, run)));
    });
}

module.exports = {testLosses};
