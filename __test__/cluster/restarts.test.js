'use strict';

// What carries the cluster is restarted under three hosts.

const assert = require('node:assert/strict');
const nodeTest = require('node:test');
const {Redis} = require('ioredis');
const {ownServer} = require('./own-server');
const {MARIADB, POSTGRES, REDIS, lostSlots, makeCluster, overlapOf, within} = require('./support');

const DOWN_MS = 5_000;
/** It outlasts the outage. */
const LEASE_MS = 15_000;
/** A run that was on its way to its host is found when the lock is over. */
const FOUND_MS = 2 * LEASE_MS + 10_000;
const LONG_MS = DOWN_MS + 3_000;

nodeTest('a slot that neither has run nor is reported is found', () => {
    const tries = () => [0, 3_000, 4_000].map((due) => ({id: `a@${due}`, due}));
    const skipped = [
        {job: 'a', due: 1_000, count: 1},
        {job: 'b', due: 2_000, count: 1}
    ];
    const job = {name: 'a', everyMs: 1_000, untilMs: 5_000};
    assert.deepEqual(lostSlots({tries, skipped}, job), [2_000]);
    assert.deepEqual(lostSlots({tries, skipped: [{job: 'a', due: 1_000, count: 2}]}, job), []);
});

const QUEUE = ['bullmq'];
const TABLE = ['database'];
const BOTH = [...QUEUE, ...TABLE];
/** Without it MariaDB forgets what was written in the last second before it is killed. */
const KEEPS = ['--innodb-flush-log-at-trx-commit=2'];
const ALL = [
    [
        'Redis is killed, and has its data',
        REDIS,
        'redis',
        'kill',
        QUEUE,
        ['--appendonly', 'yes', '--appendfsync', 'always']
    ],
    ['Redis is killed, and has lost its data', REDIS, 'redis', 'kill', QUEUE, []],
    ['PostgreSQL is stopped', POSTGRES, 'postgres', 'stop', BOTH, []],
    ['PostgreSQL is killed', POSTGRES, 'postgres', 'kill', BOTH, []],
    ['MariaDB is stopped', MARIADB, 'mariadb', 'stop', TABLE, []],
    ['MariaDB is killed', MARIADB, 'mariadb', 'kill', TABLE, KEEPS]
];

/** Hosts with a job of each second, and another one that is just running. */
async function busyCluster(t, backend, server) {
    const jobs = [{kind: 'inline', name: 'tick', at: '* * * * * *'}];
    const url = backend === 'database' && server.url.startsWith('mysql') ? `${server.url}/mysql` : server.url;
    const cluster = makeCluster(t, {backend, url}, jobs);
    const hosts = await Promise.all(Array.from({length: 3}, () => cluster.host({lease: LEASE_MS})));
    const [first] = hosts;
    const runsOf = (name) => cluster.tries().filter(({id}) => id.startsWith(`${name}@`));
    await within('slots', 20_000, () => runsOf('tick').length >= 3);
    await first.ask('add', {job: {kind: 'script', name: 'long', inMs: 1_000, ms: LONG_MS}});
    await within('a run', 20_000, () => runsOf('long').length > 0);
    return {...cluster, hosts, runsOf, failed: () => first.told('failed')};
}

async function checkAfter({hosts, late: newcomer, runsOf, tries, skipped, failed}, {downAt, upAt, isKept}) {
    await within('slots after that', 40_000, () => runsOf('tick').filter(({due}) => due > upAt).length >= 4);
    const lost = () => lostSlots({tries, skipped}, {name: 'tick', everyMs: 1_000, untilMs: upAt});
    await within('every slot has run or is reported', FOUND_MS, () => lost().length === 0).catch((error) => {
        const facts = {lost: lost(), downAt, upAt, skipped, ticks: runsOf('tick')};
        throw new Error(JSON.stringify(facts), {cause: error});
    });
    const ticks = runsOf('tick');
    assert.equal(new Set(ticks.map(({id}) => id)).size, ticks.length, 'a slot has run twice');
    const late = ticks.filter(({due, begin}) => due > downAt && due < upAt - 1_000 && begin - due > 1_000);
    assert.ok(late.length <= 3, `a burst of ${late.length} late runs`);
    if (isKept) {
        const isDone = () => runsOf('long').every((run) => run.isDone);
        await within('the run has ended', LONG_MS + 20_000, isDone);
    } else {
        // Nobody knows any more whose it is.
        assert.equal((await failed()).code, 'JOB_LEASE_LOST');
    }
    assert.equal(runsOf('long').length, 1, 'it was neither disturbed nor redone');
    hosts.forEach(({child}) => child.kill('SIGKILL'));
    const isByNewcomer = ({host}) => host === newcomer.pid;
    await within('the host that was started while the server was down takes part', FOUND_MS, () =>
        runsOf('tick').some(isByNewcomer)
    );
}

const tests = ALL.filter(([, isThere]) => isThere);
for (const [title] of ALL.filter(([, isThere]) => !isThere)) {
    console.log(`Left out: ${title}. It needs the server, and the variable that says that it is there.`);
}
if (tests.length > 0) {
    nodeTest(
        `down for ${DOWN_MS} ms: no slot twice, none lost without a report, no burst`,
        {concurrency: 3},
        async (t) => {
            const run = ([title, , kind, how, backends, options]) =>
                t.test(title, async (tt) => {
                    const server = await ownServer(tt, kind, options);
                    const clusters = await Promise.all(
                        backends.map((backend) => busyCluster(tt, backend, server))
                    );
                    await server[how]();
                    const downAt = Date.now();
                    const newcomers = clusters.map(async (cluster) => {
                        cluster.late = await cluster.host({lease: LEASE_MS});
                    });
                    await new Promise((resolve) => setTimeout(resolve, DOWN_MS));
                    await server.start();
                    const upAt = Date.now();
                    await Promise.all(newcomers);
                    const isKept = !title.includes('lost its data');
                    await Promise.all(clusters.map((cluster) => checkAfter(cluster, {downAt, upAt, isKept})));
                });
            await Promise.all(tests.map(run));
        }
    );
}

if (REDIS) {
    nodeTest(
        `Redis refuses writes for ${DOWN_MS} ms, as when its memory is full: every slot has run or is reported`,
        async (t) => {
            const server = await ownServer(t, 'redis', []);
            const jobs = [
                {kind: 'inline', name: 'tick', at: '* * * * * *'},
                {kind: 'script', name: 'busy', at: '*/2 * * * * *', overlap: 'queue', ms: 100}
            ];
            const cluster = makeCluster(t, {backend: 'bullmq', url: server.url}, jobs);
            await Promise.all([cluster.host({lease: LEASE_MS}), cluster.host({lease: LEASE_MS})]);
            const runsOf = (name) => cluster.tries().filter(({id}) => id.startsWith(`${name}@`));
            await within('slots', 30_000, () => runsOf('tick').length >= 3 && runsOf('busy').length >= 2);
            const redis = new Redis(server.url);
            await redis.config('SET', 'maxmemory', '1');
            await new Promise((resolve) => setTimeout(resolve, DOWN_MS));
            await redis.config('SET', 'maxmemory', '0');
            const upAt = Date.now();
            redis.disconnect();
            for (const [name, everyMs] of [
                ['tick', 1_000],
                ['busy', 2_000]
            ]) {
                const tries = () => runsOf(name);
                await within(
                    'slots after that',
                    40_000,
                    () => tries().filter(({due}) => due > upAt).length >= 3
                );
                const lost = () =>
                    lostSlots({tries, skipped: cluster.skipped}, {name, everyMs, untilMs: upAt});
                await within('every slot has run or is reported', FOUND_MS, () => lost().length === 0).catch(
                    (error) => {
                        throw new Error(
                            JSON.stringify({lost: lost(), upAt, skipped: cluster.skipped, runs: tries()}),
                            {cause: error}
                        );
                    }
                );
                const ids = tries().map(({id}) => id);
                assert.equal(new Set(ids).size, ids.length, 'a slot has run twice');
            }
        }
    );

    nodeTest(
        `Redis is down for ${DOWN_MS} ms: the slots of a job with overlap 'queue' still run one by one`,
        async (t) => {
            const redis = await ownServer(t, 'redis', ['--appendonly', 'yes', '--appendfsync', 'always']);
            const job = {kind: 'script', name: 'busy', at: '*/2 * * * * *', overlap: 'queue', ms: 1_500};
            const cluster = makeCluster(t, {backend: 'bullmq', url: redis.url}, [job]);
            // The lease outlasts the outage.
            const lease = 10_000;
            await Promise.all([cluster.host({lease}), cluster.host({lease}), cluster.host({lease})]);
            const readyAt = Date.now() + 2_500;
            const tries = () => cluster.tries().filter(({due}) => due > readyAt);
            await within('slots', 30_000, () => tries().length >= 2);
            redis.kill();
            await new Promise((resolve) => setTimeout(resolve, DOWN_MS));
            await redis.start();
            const upAt = Date.now();
            await within('slots after that', 60_000, () => {
                return tries().filter(({due, isDone}) => due > upAt && isDone).length >= 3;
            });
            assert.ok(overlapOf(cluster.tries(), {ofAll: true}) <= 0, JSON.stringify(cluster.tries()));
            const dues = tries().map(({due}) => due);
            assert.deepEqual(
                dues,
                [...new Set(dues)].toSorted((one, other) => one - other),
                'in order, and none twice'
            );
            const between = Array.from(
                {length: (dues.at(-1) - dues[0]) / 2_000 + 1},
                (_, index) => dues[0] + 2_000 * index
            );
            const without = () =>
                between.filter(
                    (due) =>
                        !dues.includes(due) &&
                        !cluster.skipped.some((one) => one.due <= due && due < one.due + one.count * 2_000)
                );
            await within('every slot has run or is reported', 10_000, () => without().length === 0);
        }
    );
}
