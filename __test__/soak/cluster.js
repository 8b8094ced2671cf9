'use strict';

// `npm run soak:cluster [-- MINUTES]`, by hand: three hosts on Redis (JOB_MANAGER_TEST_REDIS) share recurring jobs; one of them is killed,
// stopped or shut down at random, and replaced. In the end each slot must have completed once, or been reported; where a host was killed
// in the middle, it may have been begun again.

const {after, test} = require('node:test');
const {REDIS, makeCluster, overlapOf, within} = require('../cluster/support');

const MINUTES = Number(process.argv[2] ?? 60);
const JOBS = 5;

const pick = (items) => items[Math.floor(Math.random() * items.length)];
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function disturb(hosts, cluster) {
    const host = pick(hosts);
    const how = pick(['kill', 'stop', 'shutdown']);
    if (how === 'kill') {
        host.child.kill('SIGKILL');
    } else if (how === 'stop') {
        host.child.kill('SIGSTOP');
        await pause(8_000);
        host.child.kill('SIGCONT');
        return how;
    } else {
        await host.ask('shutdown', {timeout: 1_000});
    }
    hosts.splice(hosts.indexOf(host), 1, await cluster.host());
    return how;
}

function count(cluster, untilMs) {
    const tries = cluster.tries().filter(({due}) => due < untilMs);
    const byId = Map.groupBy?.(tries, ({id}) => id) ?? groupBy(tries);
    const done = [...byId.values()].map((of) => of.filter(({isDone}) => isDone).length);
    return {
        slots: byId.size,
        tries: tries.length,
        completedOnce: done.filter((times) => times === 1).length,
        completedAgain: done.filter((times) => times > 1).length,
        notCompleted: done.filter((times) => times === 0).length,
        reported: cluster.skipped.reduce((sum, {count: skipped}) => sum + skipped, 0),
        longestOverlapMs: overlapOf(tries)
    };
}

function groupBy(tries) {
    const groups = new Map();
    for (const one of tries) {
        groups.set(one.id, [...(groups.get(one.id) ?? []), one]);
    }
    return groups;
}

test(`a cluster for ${MINUTES} minutes`, {timeout: (MINUTES + 5) * 60_000}, async (t) => {
    if (!REDIS) {
        throw new Error('JOB_MANAGER_TEST_REDIS does not say where a Redis is');
    }
    const jobs = Array.from({length: JOBS}, (_, index) => ({
        kind: 'script',
        name: `job ${index}`,
        at: '*/5 * * * * *',
        ms: 500,
        overlap: 'allow'
    }));
    const cluster = makeCluster(t, {backend: 'bullmq', url: REDIS}, jobs);
    const hosts = await Promise.all([cluster.host(), cluster.host(), cluster.host()]);
    const end = Date.now() + MINUTES * 60_000;
    const disturbances = {};
    while (Date.now() < end) {
        await pause(5_000 + Math.random() * 15_000);
        const how = await disturb(hosts, cluster);
        disturbances[how] = (disturbances[how] ?? 0) + 1;
    }
    const untilMs = Date.now() - 5_000;
    await within('what was lost is redone', 60_000, () => count(cluster, untilMs).notCompleted === 0);
    const counted = count(cluster, untilMs);
    after(() => console.log(JSON.stringify({disturbances, ...counted}, undefined, 4)));
    if (counted.longestOverlapMs > 0 || counted.notCompleted > 0) {
        throw new Error('two hosts had a run at once, or a run was lost');
    }
});
