'use strict';

// A host dies, is cut off, is blocked or is stopped in the middle of a run. Leases are short here; what counts are their proportions.

const assert = require('node:assert/strict');
const nodeTest = require('node:test');
const {LEASE_MS, LOCK_MS, makeCluster, overlapOf, startProxy, within} = require('./support');

/** A lost run is found by then: lease, lock, and two checks. */
const FOUND_MS = LOCK_MS + 2 * LEASE_MS + 2_000;
/** A job whose one run takes some time. */
const long = (ms, more) => ({kind: 'script', name: 'long', afterMs: 1, ms, ...more});
const LONG_MS = 2 * LEASE_MS;

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
        await within('a slot after that', 30_000, () =>
            runsOf('once').some(({due}) => due >= lastDue + 30_000)
        );
        const passed = (job) => runsOf(job).filter(({due}) => due > lastDue && due < lastDue + 30_000);
        assert.deepEqual(
            passed('once').map(({due, trigger}) => [due - lastDue, trigger]),
            [[20_000, passed('once')[0]?.begin - lastDue > 21_000 ? 'missed' : 'schedule']],
            'the last of them'
        );
        assert.deepEqual(passed('skip'), []);
    });

    test(`a host that shuts down gives back what it has not done`, async (t) => {
        const cluster = makeCluster(t, on);
        const {first, rest} = await running(cluster, long(LONG_MS, {isDeaf: true}));
        await first.ask('shutdown', {timeout: 500});
        await within('another one does it', FOUND_MS + 4_000, () => isDone(cluster));
        const tries = doneOnce(cluster, {tries: 2});
        assert.ok(rest.some(({pid}) => pid === tries[1].host));
    });
    nodeTest(`a cluster on ${on.title}`, {concurrency: 4}, async (t) => {
        await Promise.all(tests.map(([title, run]) => t.test(title, run)));
    });
}

module.exports = {testLosses};
