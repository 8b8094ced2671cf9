'use strict';

// Each due time has one run in the cluster, whoever claims it.

const assert = require('node:assert/strict');
const nodeTest = require('node:test');
const {BACKENDS, lostSlots, makeCluster, within} = require('./support');

nodeTest('the entry point loads nothing before it is used', () => {
    const {execFileSync} = require('node:child_process');
    const program = `
        const before = Object.keys(require.cache).length;
        require('./lib/cluster');
        console.log(Object.keys(require.cache).map((file) => require('path').relative('.', file)).join());`;
    const loaded = execFileSync(process.execPath, ['-e', program], {encoding: 'utf8'}).trim();
    assert.equal(loaded, 'lib/cluster.js');
});

/** A host whose jobs are registered may still be connecting. */
const STARTING_MS = 4_000;
const JOBS = 20;
const SLOTS = 200;

for (const on of BACKENDS) {
    const tests = [];
    const test = (title, run) => tests.push([title, run]);
    test(`${SLOTS} slots of three hosts run once each, at their times`, async (t) => {
        const jobs = Array.from({length: JOBS}, (_, index) => ({
            kind: 'inline',
            name: `job ${index}`,
            at: '* * * * * *'
        }));
        const cluster = makeCluster(t, on, jobs);
        const hosts = await Promise.all([cluster.host(), cluster.host(), cluster.host()]);
        await within('all slots', 30_000, () => cluster.tries().length >= SLOTS + 2 * JOBS);
        const dues = cluster.tries().map(({due}) => due);
        const [first, last] = [Math.min(...dues) + 1_000, Math.max(...dues) - 1_000];
        const lost = () =>
            jobs.flatMap(({name}) =>
                lostSlots(cluster, {name, everyMs: 1_000, untilMs: last}).filter((due) => due >= first)
            );
        // On a busy machine one may still wait in the queue.
        await within('each slot has run or is reported', 20_000, () => lost().length === 0);
        await Promise.all(hosts.map((host) => host.ask('shutdown')));
        const tries = cluster.tries();
        const ids = tries.map(({id}) => id);
        assert.equal(new Set(ids).size, ids.length, 'a slot has run twice');
        const skipped = cluster.skipped.filter(({due}) => due > first + STARTING_MS);
        assert.ok(skipped.length < SLOTS / 4, `${skipped.length} were skipped`);
        const late = tries.filter(({due}) => due >= first && due <= last).map(({due, begin}) => begin - due);
        assert.ok(Math.min(...late) >= -30, `none begins early: ${Math.min(...late)} ms`);
        const median = late.toSorted((one, other) => one - other)[Math.floor(late.length / 2)];
        assert.ok(median < 1_000, `they begin in time: median ${median} ms`);
    });

    test(`hosts whose clocks are wrong by 2 s start slots once, at the time of the server`, async (t) => {
        const cluster = makeCluster(t, on, [{kind: 'inline', name: 'tick', at: '* * * * * *'}]);
        await Promise.all([-2_000, 0, 2_000].map((skew) => cluster.host({skew})));
        const readyAt = Date.now();
        await within(
            'slots',
            20_000,
            () => cluster.tries().filter(({due}) => due > readyAt + STARTING_MS).length >= 4
        );
        const tries = cluster.tries();
        assert.equal(new Set(tries.map(({id}) => id)).size, tries.length);
        // As a host learns the time of the server, due times that it took for coming may have passed.
        const late = tries.filter(({due}) => due > readyAt + STARTING_MS).map(({due, begin}) => begin - due);
        assert.ok(late.length >= 3);
        const early = tries.filter(({due, begin}) => begin < due - 50);
        assert.deepEqual(early, [], 'none begins early, however wrong the clock is');
        assert.ok(Math.max(...late) < 1_000, JSON.stringify([readyAt, cluster.tries()]));
    });

    test(`two versions of a schedule, and a job that one host does not have`, async (t) => {
        const cluster = makeCluster(t, on);
        const every = (at) => [{kind: 'inline', name: 'tick', at}];
        const [one, two, none] = await Promise.all([
            cluster.host({jobs: every('* * * * * *')}),
            cluster.host({jobs: every('*/2 * * * * *')}),
            cluster.host()
        ]);
        await within('slots', 20_000, () => cluster.tries().length >= 6);
        await two.ask('remove', {job: 'tick'});
        const removedAt = Date.now();
        await within(
            'slots of the one that has the job',
            20_000,
            () => cluster.tries().filter(({due}) => due > removedAt + 1_000).length >= 3
        );
        const tries = cluster.tries();
        assert.equal(new Set(tries.map(({id}) => id)).size, tries.length);
        const after = tries.filter(({due}) => due > removedAt + 1_000);
        assert.deepEqual([...new Set(after.map(({host}) => host))], [one.pid]);
        assert.ok(tries.every(({host}) => host !== none.pid));
    });

    test(`intervals that count have the same due times on all hosts`, async (t) => {
        const cluster = makeCluster(t, on, [{kind: 'inline', name: 'tick', at: 'every 2 seconds'}]);
        await cluster.host();
        // Registered later: from its own start it would count other times.
        await within('a slot', 20_000, () => cluster.tries().length >= 1);
        await Promise.all([cluster.host(), cluster.host()]);
        await within('slots', 20_000, () => cluster.tries().length >= 4);
        const tries = cluster.tries();
        assert.equal(new Set(tries.map(({id}) => id)).size, tries.length);
        assert.ok(
            tries.every(({due}) => due % 2_000 === 0),
            JSON.stringify(tries.map(({due}) => due))
        );
    });
    test(`a job with scope 'host' runs on each host, and one with 'cluster' on one`, async (t) => {
        const at = '* * * * * *';
        const jobs = [
            {kind: 'inline', name: 'own', at, scope: 'host'},
            {kind: 'inline', name: 'shared', at}
        ];
        const cluster = makeCluster(t, on, jobs);
        await Promise.all([cluster.host(), cluster.host()]);
        const runsOf = (name) =>
            cluster.lines().filter(({what, host, id}) => {
                const isShared = id.startsWith('shared@');
                return what === 'begin' && host !== undefined && isShared === (name === 'shared');
            });
        await within('runs', 20_000, () => runsOf('own').length >= 8 && runsOf('shared').length >= 4);
        const own = runsOf('own').map(({due, host}) => `${due} ${host}`);
        assert.equal(new Set(own).size, own.length);
        assert.equal(new Set(runsOf('own').map(({host}) => host)).size, 2);
        const shared = runsOf('shared').map(({due}) => due);
        assert.equal(new Set(shared).size, shared.length);
    });

    nodeTest(`a cluster on ${on.title}`, {concurrency: 2}, async (t) => {
        await Promise.all(tests.map(([title, run]) => t.test(title, run)));
    });
}
