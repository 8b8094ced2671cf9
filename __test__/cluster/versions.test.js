'use strict';

// Hosts that do not agree: on the time zone, on a schedule while a new version is rolled out, on which jobs there are.

const assert = require('node:assert/strict');
const nodeTest = require('node:test');
const JobManager = require('../..');
const {BACKENDS, makeCluster, within} = require('./support');

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/** Kathmandu is ahead by 5 h 45 min. */
const KATHMANDU_MS = (5 * 60 + 45) * MINUTE_MS;
const NOT_YET_MS = 12 * SECOND_MS;

/** Once a day, at this time of the day of its zone. */
function daily(atMs, aheadMs) {
    const at = new Date(atMs + aheadMs);
    return `${at.getUTCSeconds()} ${at.getUTCMinutes()} ${at.getUTCHours()} * * *`;
}

nodeTest('a daily schedule of one zone is due at another time in the other one', () => {
    const soon = Math.ceil((Date.now() + MINUTE_MS) / SECOND_MS) * SECOND_MS;
    const at = daily(soon, KATHMANDU_MS);
    const next = (timezone) => JobManager.nextRuns(at, {timezone, count: 1})[0].getTime();
    assert.equal(next('Asia/Kathmandu'), soon);
    assert.notEqual(next('UTC'), soon);
});

const tick = (at) => ({kind: 'inline', name: 'tick', at});
const everyOnce = (tries) =>
    assert.equal(new Set(tries.map(({id}) => id)).size, tries.length, JSON.stringify(tries));

for (const on of BACKENDS) {
    const tests = [];
    const test = (title, run) => tests.push([title, run]);

    test('two time zones: each has its due times, and each of these one run; a queue warns', async (t) => {
        const cluster = makeCluster(t, on);
        const zones = ['UTC', 'UTC', 'Asia/Kathmandu', 'Asia/Kathmandu'];
        const hosts = [];
        for (const timezone of zones) {
            hosts.push(await cluster.host({timezone}));
        }
        // The same text on all hosts is due now in Kathmandu; what UTC has comes a little later.
        const soon = Math.ceil((Date.now() + NOT_YET_MS) / SECOND_MS) * SECOND_MS;
        const later = soon + 2 * SECOND_MS;
        const jobs = [
            {kind: 'inline', name: 'of Kathmandu', at: daily(soon, KATHMANDU_MS)},
            {kind: 'inline', name: 'of UTC', at: daily(later, 0)}
        ];
        await Promise.all(hosts.flatMap((host) => jobs.map((job) => host.ask('add', {job}))));
        await within('both', 20_000, () => cluster.tries().length === 2);
        if (on.backend === 'bullmq') {
            const {code, message} = await hosts[3].told('warned');
            assert.equal(code, 'CLUSTER_TIMEZONES_DIFFER', message);
        }
        await Promise.all(hosts.map((host) => host.ask('shutdown')));
        const tries = cluster.tries();
        assert.deepEqual(
            tries.map(({id, due}) => [id.split('@')[0], due]),
            [
                ['of Kathmandu', soon],
                ['of UTC', later]
            ]
        );
        if (on.backend === 'database') {
            // Of a queue every host that has the job takes runs.
            const ahead = tries.map(({host}) => hosts.findIndex(({pid}) => pid === host) >= 2);
            assert.deepEqual(ahead, [true, false]);
        }
    });

    test('a rolling deploy: two versions of a schedule, then the new one, then without the job', async (t) => {
        const cluster = makeCluster(t, on);
        const old = {jobs: [tick('*/2 * * * * *')]};
        const next = {jobs: [tick('* * * * * *')]};
        const olds = await Promise.all([cluster.host(old), cluster.host(old)]);
        const runs = (from) => cluster.tries().filter(({due}) => due > from);
        await within('slots of the old one', 20_000, () => runs(0).length >= 2);
        const news = [];
        for (const host of olds) {
            news.push(await cluster.host(next));
            await host.ask('shutdown');
        }
        const replacedAt = Date.now();
        await within('slots of the new one', 20_000, () => runs(replacedAt + 2 * SECOND_MS).length >= 4);
        const without = await cluster.host();
        await news[0].ask('remove', {job: 'tick'});
        const removedAt = Date.now();
        await within(
            'slots of the one that still has it',
            20_000,
            () => runs(removedAt + SECOND_MS).length >= 3
        );
        await news[1].ask('shutdown');
        await without.ask('shutdown');
        const tries = cluster.tries();
        everyOnce(tries);
        assert.ok(tries.every(({host}) => host !== without.pid));
        assert.deepEqual(
            [...new Set(runs(removedAt + SECOND_MS).map(({host}) => host))],
            [news[1].pid],
            'a host runs nothing that it does not have'
        );
    });

    nodeTest(`hosts that do not agree, on ${on.title}`, {concurrency: 2}, async (t) => {
        await Promise.all(tests.map(([title, run]) => t.test(title, run)));
    });
}
