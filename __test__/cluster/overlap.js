'use strict';

// What happens to a due time while an earlier run of its job goes somewhere in the cluster.

const assert = require('node:assert/strict');
const nodeTest = require('node:test');
const {LEASE_MS, LOCK_MS, makeCluster, overlapOf, within} = require('./support');

const SECOND_MS = 1_000;
/** A lost run is found by then: lease, lock, and two checks. */
const FOUND_MS = LOCK_MS + 2 * LEASE_MS + 2_000;
/** Longer than its period. */
const job = (overlap, more) => ({
    kind: 'script',
    name: 'busy',
    at: '* * * * * *',
    overlap,
    ms: 1_600,
    stops: true,
    ...more
});

/** A host whose jobs are registered may still be connecting, and claim a due time after a later one has begun. */
const STARTING_MS = 2_500;

/** Three hosts with the job. `tries` are those of due times after they were there. */
async function hostsWith(t, on, one) {
    const cluster = makeCluster(t, on, [one]);
    const hosts = await Promise.all([cluster.host(), cluster.host(), cluster.host()]);
    const from = Date.now() + STARTING_MS;
    const tries = () => cluster.tries().filter(({due}) => due >= from);
    return {cluster, hosts, tries};
}

const ended = (tries) => tries.filter(({isDone, isCancelled}) => isDone || isCancelled);
const dues = (tries) => tries.map(({due}) => due);

/** Never two at once, and in the order of their due times. */
function oneByOne({cluster, tries: later}) {
    const all = cluster.tries();
    assert.ok(overlapOf(all, {ofAll: true}) <= 0, JSON.stringify(all));
    const tries = later().toSorted((one, other) => one.begin - other.begin);
    const inOrder = dues(tries).toSorted((one, other) => one - other);
    assert.deepEqual(dues(tries), inOrder, 'in the order of their due times');
    return tries;
}

/** No due time comes any more, and what goes or waits has ended. */
async function settled({cluster, hosts}, limitMs) {
    const [host] = hosts;
    // Of a table, hosts hear nothing of each other.
    await Promise.all(hosts.map((one) => one.ask('pause', {job: 'busy'})));
    const left = async () => {
        const {info} = await host.ask('info');
        const waits = Object.entries(info.queue).filter(
            ([state, count]) => count > 0 && !['completed', 'failed'].includes(state)
        );
        const going = cluster.tries().filter(({isDone, isCancelled}) => !isDone && !isCancelled);
        return [info.running, waits, going].filter((some) => some.length > 0);
    };
    await within('the end of all runs', limitMs, async () => (await left()).length === 0).catch(async () =>
        assert.deepEqual(await left(), [], 'all runs have ended')
    );
}

/** How many due times were reported to have no run. */
const skippedFor = (cluster, reason, {first = -Infinity, last = Infinity} = {}) =>
    cluster.skipped
        .filter((one) => one.reason === reason && one.due >= first && one.due <= last)
        .reduce((sum, {count}) => sum + count, 0);

/** @returns {Promise<object>} the run whose host was killed in the middle of it */
async function killOneThatRuns({hosts, tries}) {
    const going = await within('a run', 30_000, () =>
        tries().find(({isDone, isCancelled}) => !isDone && !isCancelled)
    );
    hosts.find(({pid}) => pid === going.host).child.kill('SIGKILL');
    return going;
}

/** All rules on one backend. */
function testOverlap(on) {
    const tests = [];
    const test = (title, run) => tests.push([title, run]);
    test(`with 'queue' each due time has its run, one after the other`, async (t) => {
        const started = await hostsWith(t, on, job('queue'));
        await within('runs', 60_000, () => ended(started.tries()).length >= 6);
        const tries = oneByOne(started);
        const [first] = tries;
        assert.deepEqual(
            dues(tries),
            tries.map((_one, index) => first.due + index * SECOND_MS),
            'none is left out'
        );
        assert.ok(tries.every(({trigger}) => trigger === 'schedule'));
        assert.equal(skippedFor(started.cluster, 'overlap'), 0);
    });

    test(`with 'queue' the run of a host that is killed comes before the others`, async (t) => {
        const started = await hostsWith(t, on, job('queue'));
        const killed = await killOneThatRuns(started);
        await within('runs after it', FOUND_MS + 60_000, () => {
            const done = started.tries().filter(({isDone, due}) => isDone && due >= killed.due);
            return done.length >= 4;
        });
        const tries = oneByOne(started);
        const done = tries.filter(({isDone}) => isDone);
        assert.deepEqual(
            dues(done),
            done.map((_one, index) => done[0].due + index * SECOND_MS),
            'none is left out, and none runs twice'
        );
    });

    test(`with 'queue' and a concurrency of 2, two runs go at once`, async (t) => {
        const started = await hostsWith(t, on, job('queue', {concurrency: 2, ms: 2_600}));
        await within('runs', 60_000, () => ended(started.tries()).length >= 6);
        const tries = started.cluster.tries();
        const atOnce = tries.map(
            ({begin}) => tries.filter((other) => other.begin <= begin && other.last > begin).length
        );
        assert.equal(Math.max(...atOnce), 2, JSON.stringify(tries));
        assert.equal(new Set(dues(tries)).size, tries.length);
    });

    test(`with 'queue-one' one run makes up for what was due while another went`, async (t) => {
        const started = await hostsWith(t, on, job('queue-one', {ms: 2_600}));
        const {cluster} = started;
        await within('runs', 60_000, () => ended(started.tries()).length >= 3);
        await settled(started, 30_000);
        const tries = oneByOne(started);
        const [first, last] = [tries[0].due, tries.at(-1).due];
        const passed = (last - first) / SECOND_MS + 1;
        assert.ok(passed > tries.length, 'not each due time has a run');
        const reported = () => skippedFor(cluster, 'overlap', {first, last});
        await within('each other one is reported', 10_000, () => reported() >= passed - tries.length);
        if (on.backend === 'database') {
            // With a queue each host that has claimed a slot reports it. Reports of a moment come together.
            assert.ok(reported() <= passed - tries.length + 2, JSON.stringify([tries, cluster.skipped]));
        }
    });

    test(`with 'replace' a due time takes the place of the run that goes, on whichever host`, async (t) => {
        const one = job('replace', {at: '*/3 * * * * *', ms: 5_000});
        const started = await hostsWith(t, on, one);
        await within('runs', 60_000, () => started.tries().length >= 4);
        await settled(started, 30_000);
        const tries = oneByOne(started);
        const last = tries.at(-1);
        assert.ok(last.isDone, `the newest one completes: ${JSON.stringify(tries)}`);
        for (const [index, {due, isCancelled, last: end}] of tries.slice(0, -1).entries()) {
            const next = tries[index + 1];
            assert.ok(isCancelled, 'the others are cancelled');
            assert.equal(next.due, due + 3 * SECOND_MS);
            assert.ok(end >= next.due - 50, 'not before the next one is due');
            assert.ok(next.begin - next.due < 2_500, `it began ${next.begin - next.due} ms late`);
        }
    });

    test(`with 'replace' the newest due time runs after a host was killed, and not those before`, async (t) => {
        const one = job('replace', {at: '*/3 * * * * *', ms: 20_000});
        const started = await hostsWith(t, on, one);
        const {cluster, tries: later} = started;
        const killed = await killOneThatRuns(started);
        await within('a newer run', FOUND_MS + 30_000, () => later().some(({due}) => due > killed.due));
        const tries = oneByOne(started);
        const next = tries.find(({due}) => due > killed.due);
        assert.ok(
            next.begin - next.due < 3 * SECOND_MS + 2_500,
            `it is the newest: ${JSON.stringify(tries)}`
        );
        if (next.due > killed.due + 3 * SECOND_MS) {
            await within('the others are reported', 5_000, () => skippedFor(cluster, 'overlap') > 0);
        }
    });

    test(`with 'replace' a host whose schedule does not have the newer due time ends its run, too`, async (t) => {
        const cluster = makeCluster(t, on);
        const [first, second] = await Promise.all([cluster.host(), cluster.host()]);
        await first.ask('add', {job: {...job('replace', {ms: 30_000}), at: undefined, inMs: 1_000}});
        await within('the run begins', 20_000, () => cluster.tries().length > 0);
        await second.ask('add', {job: job('replace', {at: '*/3 * * * * *', ms: 100})});
        await within('its end', 20_000, () => cluster.tries()[0].isCancelled);
        await within('a newer one', 20_000, () => cluster.tries().length > 1);
        const tries = cluster.tries();
        assert.ok(overlapOf(tries, {ofAll: true}) <= 0, JSON.stringify(tries));
        const [replaced, next] = tries;
        assert.equal(replaced.host, first.pid);
        assert.ok(replaced.last >= next.due - 50, 'not before that is due');
        assert.ok(replaced.last < next.due + LOCK_MS, `${replaced.last - next.due} ms after that is due`);
    });

    nodeTest(`overlap in a cluster on ${on.title}`, {concurrency: 2}, async (t) => {
        await Promise.all(tests.map(([title, run]) => t.test(title, run)));
    });
}

module.exports = {testOverlap};
