'use strict';

// The attempts of a run are counted in the cluster: a host that gets a run goes on where the one before was.

const assert = require('node:assert/strict');
const nodeTest = require('node:test');
const {LEASE_MS, LOCK_MS, makeCluster, overlapOf, within} = require('./support');

/** A lost run is found by then: lease, lock, and two checks. */
const FOUND_MS = LOCK_MS + 2 * LEASE_MS + 2_000;
/** Longer than it takes to find a lost run. */
const LONG_BACKOFF_MS = FOUND_MS + 2_000;
const tried = (more) => ({kind: 'script', name: 'tried', afterMs: 1, attempts: 3, fails: 1, ms: 0, ...more});

/** A host that gets the run, and two others; all of them have the job. */
async function running(t, on, job) {
    const cluster = makeCluster(t, on);
    const rest = await Promise.all([cluster.host(), cluster.host()]);
    const first = await cluster.host();
    await first.ask('add', {job: {...job, inMs: 1_000}});
    await within('the run begins', 20_000, () => cluster.tries().length > 0);
    assert.equal(cluster.tries()[0].host, first.pid);
    await Promise.all(rest.map((host) => host.ask('add', {job})));
    return {cluster, first, rest};
}

const begun = (cluster, attempt) => cluster.tries().some((one) => one.attempt === attempt);
const attempts = (cluster) => cluster.tries().map(({attempt, host}) => ({attempt, host}));

/** What a host that is not lost knows of the run. */
async function known({rest: [host]}, attempt) {
    let found;
    await within(`attempt ${attempt} is known to others`, 10_000, async () => {
        const {info} = await host.ask('info');
        [found] = info.running.map((run) => ({...run, hosts: info.hosts}));
        return found?.attempt === attempt;
    });
    return found;
}

/** All rows on one backend. */
function testAttempts(on) {
    const tests = [];
    const test = (title, run) => tests.push([title, run]);
    test('a run that is lost in its second attempt begins with the second one on another host', async (t) => {
        const job = tried({backoff: 300, ms: 2 * LEASE_MS});
        const {cluster, first, rest} = await running(t, on, job);
        await within('its second attempt', 10_000, () => begun(cluster, 2));
        const {id, host, hosts, since, fence} = await known({rest}, 2);
        assert.equal(id, cluster.tries()[0].id);
        assert.equal(fence, cluster.tries()[0].fence);
        assert.ok(Math.abs(since - cluster.tries()[0].begin) < 2_000, `since ${since}`);
        assert.ok(
            hosts.some((one) => one.id === host && one.pid === first.pid && one.hostname !== undefined),
            JSON.stringify({host, hosts})
        );
        first.child.kill('SIGKILL');
        await within('it is redone', FOUND_MS + job.ms, () => cluster.tries().some(({isDone}) => isDone));
        const [, , redone] = cluster.tries();
        assert.deepEqual(
            attempts(cluster).map(({attempt}) => attempt),
            [1, 2, 2]
        );
        assert.ok(rest.some(({pid}) => pid === redone.host));
        assert.equal(redone.attempts, 3);
        assert.equal(overlapOf(cluster.tries()), 0);
    });

    test('a run that is lost in its backoff begins the next attempt on another host, not before its time', async (t) => {
        const job = tried({backoff: LONG_BACKOFF_MS});
        const {cluster, first, rest} = await running(t, on, job);
        await known({rest}, 2);
        first.child.kill('SIGKILL');
        const [{last}] = cluster.tries();
        await within('its second attempt', LONG_BACKOFF_MS + FOUND_MS, () =>
            cluster.tries().some(({isDone}) => isDone)
        );
        const [, second, ...more] = cluster.tries();
        assert.deepEqual(more, []);
        assert.equal(second.attempt, 2);
        assert.ok(rest.some(({pid}) => pid === second.host));
        const waitedMs = second.begin - last;
        assert.ok(waitedMs >= LONG_BACKOFF_MS - 100, `it waited for ${waitedMs} ms of ${LONG_BACKOFF_MS}`);
        assert.ok(waitedMs < LONG_BACKOFF_MS + 3_000, `it waited for ${waitedMs} ms of ${LONG_BACKOFF_MS}`);
    });

    test('a run that fails its last attempt on the second host has failed', async (t) => {
        const job = tried({attempts: 2, backoff: 300, ms: 2_500, failsLate: true});
        const {cluster, first, rest} = await running(t, on, job);
        await within('its second attempt', 10_000, () => begun(cluster, 2));
        first.child.kill('SIGKILL');
        const failed = await Promise.race(rest.map(({told}) => told('failed')));
        assert.equal(failed.message, 'attempt 2 fails');
        assert.equal(failed.attempt, 2);
        assert.equal(failed.gaveUp, 'attempts');
        // Nothing is left to be looked for.
        await within('the run is over', FOUND_MS, async () => {
            const {info} = await rest[0].ask('info');
            return info.running.length === 0;
        });
        assert.deepEqual(
            attempts(cluster).map(({attempt}) => attempt),
            [1, 2, 2]
        );
    });

    test('a host that shuts down in the backoff of a run leaves the next attempt to another one', async (t) => {
        const backoff = 4_000;
        const {cluster, first, rest} = await running(t, on, tried({backoff}));
        await known({rest}, 2);
        const [{last}] = cluster.tries();
        await first.ask('shutdown');
        await within('its second attempt', FOUND_MS + backoff, () =>
            cluster.tries().some(({isDone}) => isDone)
        );
        const [, second, ...more] = cluster.tries();
        assert.deepEqual([second.attempt, more], [2, []]);
        assert.ok(rest.some(({pid}) => pid === second.host));
        assert.ok(second.begin - last >= backoff - 100, `it waited for ${second.begin - last} ms`);
    });

    if (on.backend === 'bullmq') {
        test('so does a run that was asked for', async (t) => {
            const job = {kind: 'slow', name: 'asked', attempts: 3, fails: 1, backoff: LONG_BACKOFF_MS};
            const cluster = makeCluster(t, on, [job]);
            // Two runs for each host.
            const hosts = await Promise.all([1, 2, 3].map(() => cluster.host({concurrency: 2})));
            const ids = await Promise.all(
                Array.from({length: 6}, (_, index) =>
                    hosts[0].ask('run', {job: 'asked', options: {id: `run ${index}`}})
                )
            );
            await within('first attempts', 10_000, () => cluster.tries().length === ids.length);
            const other = hosts.slice(1).find(({pid}) => cluster.tries().some(({host}) => host === pid));
            assert.ok(other, 'another host has one of them');
            const {id, last} = cluster.tries().find(({host}) => host === other.pid);
            await within('the attempt is known', 10_000, async () => {
                const {info} = await hosts[0].ask('info');
                return info.running.find((run) => run.id === id)?.attempt === 2;
            });
            other.child.kill('SIGKILL');
            await within('its second attempt', LONG_BACKOFF_MS + FOUND_MS, () =>
                cluster.tries().some((one) => one.id === id && one.attempt === 2)
            );
            const second = cluster.tries().find((one) => one.id === id && one.attempt === 2);
            assert.notEqual(second.host, other.pid);
            assert.ok(second.begin - last >= LONG_BACKOFF_MS - 100, `${second.begin - last}`);
            assert.equal(cluster.tries().filter((one) => one.id === id).length, 2);
        });
    }

    nodeTest(`attempts in a cluster on ${on.title}`, {concurrency: 3}, async (t) => {
        await Promise.all(tests.map(([title, run]) => t.test(title, run)));
    });
}

module.exports = {testAttempts};
