'use strict';

// One-off jobs of a cluster: one host claims the row, and any host that has the job runs it.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const nodeTest = require('node:test');
const bullmq = require('bullmq');
const {Redis} = require('ioredis');
const {backendOf} = require('../../lib/cluster/bullmq/backend');
const {oneOffId} = require('../../lib/cluster/bullmq/codec');
const {LEASE_MS, makeCluster, overlapOf, startProxy, within} = require('./support');
const {openRows} = require('./rows');

/** What takes a few leases has happened by then, also where the machine has other things to do. */
const LIMIT_MS = 90_000;
const LONG_MS = 3 * LEASE_MS;
const ROUNDS = 20;

/** A cluster whose hosts have the rows of one-off jobs in common. */
async function makeHosts(t, on) {
    const cluster = makeCluster(t, on, [], 'one-off.js');
    const isSql = /^(mysql|postgres)/.test(on.url);
    const location = isSql
        ? `${cluster.name}_rows@${on.url}`
        : path.join(path.dirname(cluster.record), 'rows.db');
    const rows = await openRows(location);
    t.after(rows.close);
    const host = (options) => cluster.host({rows: location, ...options});
    const statusOf = async (job) => (await rows.row(job))?.status;
    return {
        ...cluster,
        rows,
        host,
        hosts: (count) => Promise.all(Array.from({length: count}, () => host())),
        statusOf
    };
}

/** All hosts add the job, as at their start. @returns {Promise<object>} the one that has claimed it, and the others */
async function addedByAll(hosts, job) {
    const refused = [];
    const claimed = [];
    await Promise.all(
        hosts.map((host) =>
            host.ask('add', {job}).then(
                () => claimed.push(host),
                (error) => {
                    assert.equal(error.code, 'JOB_ALREADY_EXECUTED', error.message);
                    refused.push(host);
                }
            )
        )
    );
    assert.equal(claimed.length, 1, 'one host claims the row');
    return {claimer: claimed[0], others: refused};
}

/** Waits until the run goes. @returns {Promise<object>} its first line */
async function begun(cluster) {
    await within('the run begins', 20_000, () => cluster.lines().length > 0);
    return cluster.lines()[0];
}

const statusIs = (cluster, job, wanted, ms = LIMIT_MS) =>
    within(`the row is '${wanted}'`, ms, async () => (await cluster.statusOf(job)) === wanted);

/** Messages of hosts that have been sent by now, of one kind. */
function collect(hosts, what) {
    const seen = [];
    for (const {child, pid} of hosts) {
        child.on('message', (message) => message.what === what && seen.push({pid, ...message}));
    }
    return seen;
}

const byPid = (hosts, pid) => hosts.find((host) => host.pid === pid);

function testOneOffs(on) {
    const tests = [];
    const test = (title, run) => tests.push([title, run]);
    const isQueue = on.backend === 'bullmq';

    test(`in ${ROUNDS} rounds one of three hosts claims the job and it runs once`, async (t) => {
        const cluster = await makeHosts(t, on);
        const hosts = await cluster.hosts(3);
        for (let round = 1; round <= ROUNDS; round++) {
            const name = `migration-${round}`;
            await addedByAll(hosts, {name});
            const outcomes = await Promise.all(hosts.map((host) => host.ask('outcome', {job: name})));
            assert.deepEqual(outcomes, ['finished', 'finished', 'finished']);
        }
        const tries = cluster.tries();
        assert.equal(tries.length, ROUNDS, JSON.stringify(tries));
        assert.ok(tries.every(({isDone}) => isDone));
        assert.equal(await hosts[0].ask('hasExecuted', {job: 'migration-1'}), true);
        await assert.rejects(hosts[1].ask('add', {job: {name: 'migration-1'}}), {
            code: 'JOB_ALREADY_EXECUTED'
        });
    });

    for (const onHostLoss of [undefined, 'redo']) {
        const title = onHostLoss === 'redo' ? "with onHostLoss 'redo'" : 'by default';
        const outcome = onHostLoss === 'redo' ? 'finished' : 'failed';

        test(`${title} the run of a host that was killed ends ${outcome}`, async (t) => {
            const cluster = await makeHosts(t, on);
            const hosts = await cluster.hosts(3);
            const failures = collect(hosts, 'failed');
            await addedByAll(hosts, {name: 'backup', ms: LONG_MS, onHostLoss});
            const run = await begun(cluster);
            byPid(hosts, run.host).child.kill('SIGKILL');
            const left = hosts.filter(({pid}) => pid !== run.host);
            const outcomes = await Promise.all(left.map((host) => host.ask('outcome', {job: 'backup'})));
            assert.deepEqual(outcomes, [outcome, outcome]);
            const tries = cluster.tries();
            assert.equal(overlapOf(tries), 0);
            if (onHostLoss === 'redo') {
                assert.deepEqual(
                    tries.map(({id, isDone}) => [id, isDone]),
                    [
                        [run.id, false],
                        [run.id, true]
                    ]
                );
                assert.ok(tries[1].fence > run.fence, 'the fence grows');
                assert.deepEqual(failures, []);
            } else {
                assert.equal(tries.length, 1);
                await within('it is reported', 5_000, () => failures.length > 0);
                assert.deepEqual(
                    failures.map(({code, job, runId}) => [code, job, runId]),
                    [['JOB_HOST_LOST', 'backup', run.id]]
                );
            }
        });

        test(`${title} a host that was stopped does not overwrite the outcome of another one`, async (t) => {
            const cluster = await makeHosts(t, on);
            const hosts = await cluster.hosts(3);
            await addedByAll(hosts, {name: 'backup', ms: LONG_MS, onHostLoss});
            const run = await begun(cluster);
            const stopped = byPid(hosts, run.host);
            // Not in the middle of a write to the row, which has no fence.
            await statusIs(cluster, 'backup', 'started');
            stopped.child.kill('SIGSTOP');
            await statusIs(cluster, 'backup', outcome);
            stopped.child.kill('SIGCONT');
            assert.equal((await stopped.told('failed')).code, 'JOB_LEASE_LOST');
            // It can write by now, and does not.
            await stopped.ask('row', {job: 'backup'});
            await new Promise((resolve) => setTimeout(resolve, 500));
            // If it was stopped just as it wrote that the job has begun, and writes that now, the others put the outcome back.
            await statusIs(cluster, 'backup', outcome);
            assert.equal(overlapOf(cluster.tries()), 0);
        });

        test(`${title} a host that is cut off leaves the row to another one`, async (t) => {
            const cluster = await makeHosts(t, on);
            const proxy = await startProxy(t, on.url);
            const [first, others] = await Promise.all([cluster.host({url: proxy.url}), cluster.hosts(2)]);
            await first.ask('add', {job: {name: 'backup', ms: LONG_MS, onHostLoss}});
            await begun(cluster);
            await Promise.all(
                others.map((host) =>
                    assert.rejects(host.ask('add', {job: {name: 'backup', ms: LONG_MS, onHostLoss}}))
                )
            );
            const statuses = [];
            proxy.cut();
            const lost = await first.told('failed');
            assert.equal(lost.code, 'JOB_LEASE_LOST');
            statuses.push(await cluster.statusOf('backup'));
            await statusIs(cluster, 'backup', outcome);
            proxy.mend();
            assert.deepEqual(statuses, ['started'], 'it writes nothing when its lease is over');
            assert.equal(cluster.tries().length, onHostLoss === 'redo' ? 2 : 1);
            assert.equal(overlapOf(cluster.tries()), 0);
        });
    }

    test('a job that failed is claimed again, with another run', async (t) => {
        const cluster = await makeHosts(t, on);
        const hosts = await cluster.hosts(3);
        const failures = collect(hosts, 'failed');
        const failsWith = path.join(path.dirname(cluster.record), 'fails');
        fs.writeFileSync(failsWith, '');
        const job = {name: 'import', failsWith};
        await addedByAll(hosts, job);
        assert.equal(await hosts[0].ask('outcome', {job: 'import'}), 'failed');
        assert.equal(await hosts[1].ask('hasExecuted', {job: 'import'}), false);
        fs.rmSync(failsWith);
        await addedByAll(hosts, job);
        assert.equal(await hosts[0].ask('outcome', {job: 'import'}), 'finished');
        const [first, second, ...more] = cluster.tries();
        assert.deepEqual(more, []);
        assert.notEqual(first.id, second.id);
        assert.deepEqual(
            failures.map(({pid, message}) => [pid, message]),
            [[first.host, 'no luck']],
            'reported once, where it ran'
        );
    });

    test('retryRun claims a job that failed again', async (t) => {
        const cluster = await makeHosts(t, on);
        const hosts = await cluster.hosts(2);
        const failsWith = path.join(path.dirname(cluster.record), 'fails');
        fs.writeFileSync(failsWith, '');
        await addedByAll(hosts, {name: 'import', failsWith});
        assert.equal(await hosts[0].ask('outcome', {job: 'import'}), 'failed');
        fs.rmSync(failsWith);
        const [{id, host}] = cluster.tries();
        const ran = byPid(hosts, host);
        const again = await ran.ask('retry', {id});
        assert.equal(await hosts[0].ask('outcome', {job: 'import'}), 'finished');
        assert.deepEqual(
            cluster.tries().map((run) => run.id),
            [id, again.id]
        );
    });

    test('a host that shuts down hands its run over, also where a lost one fails', async (t) => {
        const cluster = await makeHosts(t, on);
        const hosts = await cluster.hosts(3);
        const failures = collect(hosts, 'failed');
        await addedByAll(hosts, {name: 'backup', ms: LONG_MS, gracePeriod: 100});
        const run = await begun(cluster);
        await byPid(hosts, run.host).ask('shutdown', {});
        assert.notEqual(await cluster.statusOf('backup'), 'failed');
        await statusIs(cluster, 'backup', 'finished');
        const [first, second, ...more] = cluster.tries();
        assert.deepEqual(more, []);
        assert.notEqual(first.host, second.host);
        assert.equal(first.id, second.id);
        assert.ok(second.fence > first.fence);
        assert.deepEqual(failures, []);
    });

    test('a row whose host died before it had added a run is claimed again', async (t) => {
        const cluster = await makeHosts(t, on);
        await cluster.rows.JobModel.add({name: 'migration', status: 'queued'});
        const hosts = await cluster.hosts(2);
        await Promise.all(
            hosts.map((host) =>
                assert.rejects(host.ask('add', {job: {name: 'migration'}}), {code: 'JOB_ALREADY_EXECUTED'})
            )
        );
        await statusIs(cluster, 'migration', 'finished');
        assert.equal(cluster.tries().length, 1);
    });

    test('of two hosts that find such a row one after the other, one claims it', async (t) => {
        const cluster = await makeHosts(t, on);
        await cluster.rows.JobModel.add({name: 'migration', status: 'queued'});
        const slow = {addsAfterMs: 1_500};
        const [first, second] = await Promise.all([cluster.host(slow), cluster.host(slow)]);
        const warned = collect([first, second], 'warned');
        for (const host of [first, second]) {
            await assert.rejects(host.ask('add', {job: {name: 'migration'}}), {code: 'JOB_ALREADY_EXECUTED'});
            // The other one looks at the row while this one has claimed it and has not added its run.
            await new Promise((resolve) => setTimeout(resolve, 400));
        }
        await statusIs(cluster, 'migration', 'finished');
        // What a second claim would begin has begun by now.
        await new Promise((resolve) => setTimeout(resolve, 2 * slow.addsAfterMs));
        assert.equal(cluster.tries().length, 1);
        assert.equal(warned.length, 1, JSON.stringify(warned));
    });

    test("with scope 'host' the host that claims the row runs the job without the cluster", async (t) => {
        const cluster = await makeHosts(t, on);
        const hosts = await cluster.hosts(2);
        const {claimer, others} = await addedByAll(hosts, {name: 'own', scope: 'host'});
        assert.equal(await others[0].ask('outcome', {job: 'own'}), 'finished');
        const [{host, fence}] = cluster.tries();
        assert.deepEqual([host, fence], [claimer.pid, undefined]);
        assert.deepEqual(await others[0].ask('jobs'), []);
    });

    test('an inline job runs once, with its run', async (t) => {
        const cluster = await makeHosts(t, on);
        const hosts = await cluster.hosts(3);
        const {claimer} = await addedByAll(hosts, {name: 'inline', isInline: true, ms: 50});
        const outcomes = await Promise.all(hosts.map((host) => host.ask('outcome', {job: 'inline'})));
        assert.deepEqual(outcomes, ['finished', 'finished', 'finished']);
        const [run, ...more] = cluster.tries();
        assert.deepEqual(more, []);
        assert.equal(run.fence, 1);
        assert.ok(isQueue || run.host === claimer.pid);
    });

    if (isQueue) {
        testQueue(on, test);
    }

    nodeTest(`one-off jobs of a cluster on ${on.title}`, {concurrency: 4}, async (t) => {
        await Promise.all(tests.map(([title, run]) => t.test(title, run)));
    });
}

/** What waits in the queue of a cluster, as BullMQ has it. */
async function waitingIn(on, name) {
    const {connection, factory} = backendOf(on.url, bullmq);
    const queue = new bullmq.Queue(name, {connection, prefix: 'jm'}, factory);
    try {
        return await queue.getPrioritized();
    } finally {
        await queue.close();
    }
}

/** Has Redis forget a queue, as when it is restarted without persistence. */
async function forget(on, name) {
    const redis = new Redis(on.url);
    try {
        await redis.del(await redis.keys(`jm:${name}:*`));
    } finally {
        redis.disconnect();
    }
}

/** The server forgets a run. */
function testForgetting(on, test) {
    test('a run that the server forgets while it waits is added again', async (t) => {
        const cluster = await makeHosts(t, on);
        const [claimer, other] = await Promise.all([cluster.host({concurrency: 1}), cluster.host()]);
        await claimer.ask('occupy', {ms: 600_000});
        await claimer.ask('expect', {job: 'waits'});
        await claimer.ask('add', {job: {name: 'waits'}});
        await forget(on, cluster.name);
        await assert.rejects(other.ask('add', {job: {name: 'waits'}}), {code: 'JOB_ALREADY_EXECUTED'});
        await claimer.told('completed');
        await statusIs(cluster, 'waits', 'finished');
        assert.equal(cluster.tries().length, 1);
    });

    for (const [onHostLoss, outcome, runs] of [
        [undefined, 'failed', 1],
        ['redo', 'finished', 2]
    ]) {
        test(`a run that the server forgets while it goes ends ${outcome} with onHostLoss ${onHostLoss}`, async (t) => {
            const cluster = await makeHosts(t, on);
            const hosts = await cluster.hosts(3);
            const failures = collect(hosts, 'failed');
            await addedByAll(hosts, {name: 'backup', ms: LONG_MS, onHostLoss});
            await begun(cluster);
            await statusIs(cluster, 'backup', 'started');
            await forget(on, cluster.name);
            await statusIs(cluster, 'backup', outcome);
            const tries = cluster.tries();
            assert.equal(tries.length, runs, JSON.stringify(tries));
            assert.equal(overlapOf(tries), 0);
            const codes = failures.map(({code}) => code);
            assert.deepEqual(codes, ['JOB_LEASE_LOST', ...(runs === 1 ? ['JOB_HOST_LOST'] : [])]);
        });
    }
}

/** What only a queue does. */
function testQueue(on, test) {
    test('the run goes to another host while the one that has claimed the row is busy, and its end comes back', async (t) => {
        const cluster = await makeHosts(t, on);
        const claimer = await cluster.host({concurrency: 1});
        await claimer.ask('occupy', {ms: 600_000});
        await claimer.ask('expect', {job: 'far'});
        await claimer.ask('add', {job: {name: 'far', day: '2026-11-29T00:00:00.000Z'}});
        assert.equal(await cluster.statusOf('far'), 'queued');
        const other = await cluster.host();
        await assert.rejects(other.ask('add', {job: {name: 'far'}}), {code: 'JOB_ALREADY_EXECUTED'});
        await claimer.told('completed');
        assert.equal(await cluster.statusOf('far'), 'finished');
        const [run] = cluster.lines();
        assert.deepEqual(
            [run.host, run.day],
            [other.pid, '2026-11-29T00:00:00.000Z'],
            'with the data of the claim'
        );
    });

    test('an error of another host is reported there, and rejects where the job was added', async (t) => {
        const cluster = await makeHosts(t, on);
        const claimer = await cluster.host({concurrency: 1});
        const failures = collect([claimer], 'failed');
        await claimer.ask('occupy', {ms: 600_000});
        await claimer.ask('expect', {job: 'far'});
        await claimer.ask('add', {job: {name: 'far', failsWith: cluster.record}});
        const other = await cluster.host();
        await assert.rejects(other.ask('add', {job: {name: 'far'}}));
        const {error} = await claimer.told('rejected');
        assert.deepEqual([error.name, error.message], ['RangeError', 'no luck']);
        assert.equal((await other.told('failed')).message, 'no luck');
        assert.deepEqual(failures, []);
        assert.equal(await cluster.statusOf('far'), 'failed');
    });

    test('who waits for a run whose host is lost gets JOB_HOST_LOST', async (t) => {
        const cluster = await makeHosts(t, on);
        const claimer = await cluster.host({concurrency: 1});
        await claimer.ask('occupy', {ms: 600_000});
        await claimer.ask('expect', {job: 'far'});
        await claimer.ask('add', {job: {name: 'far', ms: LONG_MS}});
        const hosts = await cluster.hosts(2);
        await Promise.all(hosts.map((host) => assert.rejects(host.ask('add', {job: {name: 'far'}}))));
        const run = await begun(cluster);
        byPid(hosts, run.host).child.kill('SIGKILL');
        const {error} = await claimer.told('rejected');
        assert.equal(error.code, 'JOB_HOST_LOST');
        assert.equal(await cluster.statusOf('far'), 'failed');
    });

    test('a run that waits while all hosts are down is taken by one that starts later', async (t) => {
        const cluster = await makeHosts(t, on);
        const claimer = await cluster.host({concurrency: 1});
        await claimer.ask('occupy', {ms: 600_000});
        await claimer.ask('add', {job: {name: 'waits'}});
        claimer.child.kill('SIGKILL');
        await claimer.ended;
        assert.equal(await cluster.statusOf('waits'), 'queued');
        const hosts = await cluster.hosts(2);
        await Promise.all(
            hosts.map((host) =>
                assert.rejects(host.ask('add', {job: {name: 'waits'}}), {code: 'JOB_ALREADY_EXECUTED'})
            )
        );
        await statusIs(cluster, 'waits', 'finished');
        assert.equal(cluster.tries().length, 1);
    });

    if (on.url.startsWith('redis')) {
        testForgetting(on, test);
    }

    test('a run that waits is cancelled by its id, and its row is failed', async (t) => {
        const cluster = await makeHosts(t, on);
        const claimer = await cluster.host({concurrency: 1});
        await claimer.ask('occupy', {ms: 600_000});
        await claimer.ask('expect', {job: 'waits'});
        await claimer.ask('add', {job: {name: 'waits'}});
        const waiting = await waitingIn(on, cluster.name);
        assert.deepEqual(
            waiting.map(({id, name}) => [id, name]),
            [[oneOffId('waits'), 'waits']]
        );
        await claimer.ask('cancel', {id: waiting[0].data.run});
        assert.equal((await claimer.told('rejected')).error.code, 'JOB_CANCELLED');
        await statusIs(cluster, 'waits', 'failed');
    });
}

module.exports = {testOneOffs};
