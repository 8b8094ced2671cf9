'use strict';

const path = require('node:path');
const {createDashboard} = require('../../../lib/dashboard');
const {createManager} = require('../../support/runs');

const PRINTER = path.join(__dirname, '..', 'jobs', 'printer.js');
const HOSTILE = `</script><script>alert("x")</script>'"><img src=x onerror=alert(1)>\u202egnp.exe`;

/**
 * A manager with its dashboard, until the test ends.
 *
 * @param {import('node:test').TestContext} t
 * @param {{manager?: object, dashboard?: object}} [options]
 * @returns {Promise<{manager: import('../../../index'), url: string, server: import('node:http').Server}>}
 */
async function createSite(t, options = {}) {
    const {manager} = createManager(t, options.manager);
    const dashboard = createDashboard(manager, {actions: true, ...options.dashboard});
    const server = await dashboard.listen({port: 0});
    t.after(() => {
        server.close();
        server.closeAllConnections();
    });
    return {manager, server, url: `http://127.0.0.1:${server.address().port}`};
}

/**
 * Jobs and runs in many states, with texts that are meant to disturb a page.
 *
 * @returns {Promise<Record<string, string>>} ids of runs, by what they show
 */
async function fill(manager) {
    const ids = {};
    const ended = async (name, options) => {
        const run = await manager.runJob(name, options);
        await run.result.catch(() => {});
        return run.id;
    };
    await manager.addJob({
        name: 'backup',
        at: 'every day at 02:30',
        job: PRINTER,
        output: 'capture',
        tags: ['nightly'],
        description: 'Copies everything.',
        attempts: 3,
        timeout: 3_600_000
    });
    await manager.addJob({name: 'cron', at: '0 0 9 * * 1', timezone: 'Europe/London', job: PRINTER});
    await manager.addJob({name: 'often', at: 'every 20 seconds', job: PRINTER, paused: true});
    await manager.defineJob({
        name: 'resize',
        concurrency: 5,
        job: async ({ms = 0, fail} = {}) => {
            await new Promise((resolve) => setTimeout(resolve, ms));
            if (fail) {
                throw Object.assign(new TypeError('no such image\nfile: 7.png'), {code: 'ENOENT'});
            }
            return {width: 100, password: 'p4ss'};
        }
    });
    await manager.defineJob({
        name: 'flaky',
        attempts: 3,
        backoff: 5,
        job: (_data, run) => {
            if (run.attempt < 3) {
                throw new Error('not yet');
            }
        }
    });
    await manager.defineJob({
        name: 'again',
        attempts: 9,
        backoff: 3_600_000,
        job: () => {
            throw new Error('not for an hour');
        }
    });
    await manager.defineJob({
        name: 'long',
        warnAfter: 1,
        job: (_data, run) => {
            run.progress({done: 2, total: 5}, 'two of five');
            return new Promise((resolve) => {
                run.signal.addEventListener('abort', resolve);
            });
        }
    });
    await manager.defineJob({
        name: HOSTILE,
        tags: [HOSTILE],
        description: HOSTILE,
        at: 'every 10 minutes',
        job: () => {
            throw new Error(HOSTILE);
        }
    });
    await manager.defineJob({name: 'النسخ الاحتياطي', at: 'every 15 minutes', job: () => 1});
    await manager.defineJob({name: 'x'.repeat(200), at: 'every hour', job: () => 1});
    for (let count = 0; count < 12; count++) {
        ids.completed = await ended('resize', {data: {ms: count}});
    }
    ids.failed = await ended('resize', {data: {fail: true}});
    ids.retried = await ended('flaky');
    ids.hostile = await ended(HOSTILE);
    await ended('x'.repeat(200));
    const waits = new Promise((resolve) => {
        manager.events.on('attempt failed', ({run}) => run.job === 'again' && resolve(run.id));
    });
    await manager.runJob('again');
    ids.retrying = await waits;
    const cancelled = await manager.runJob('long');
    await cancelled.cancel();
    ids.cancelled = cancelled.id;
    const slow = new Promise((resolve) => {
        manager.events.on('run slow', ({run}) => resolve(run.id));
    });
    await manager.runJob('long');
    ids.running = await slow;
    const printed = new Promise((resolve) => {
        manager.events.on('run output', ({runId}) => resolve(runId));
    });
    await manager.runJob('backup');
    ids.printing = await printed;
    await manager.pauseJob('cron', {note: 'until the move is over', by: 'operator'});
    return ids;
}

/**
 * Makes a manager one of three hosts of a cluster that is made up.
 *
 * @returns {import('../../../index').ClusterInfo} may be changed
 */
function joinCluster(manager) {
    const {instance} = manager.stats();
    const now = Date.now();
    const run = (id, job, host, agoMs) => ({id, job, host, since: now - agoMs});
    const info = {
        hosts: [
            {
                id: 'aaaa1111',
                hostname: 'web-1.eu-west.example.com',
                pid: 101,
                since: now - 7.2e6,
                seen: now - 9_000
            },
            {id: instance, hostname: 'machine', pid: process.pid, since: now - 60_000, seen: now - 2_000},
            {id: 'cccc3333', hostname: HOSTILE, pid: 4_194_303, since: now - 9e8, seen: now - 20_000}
        ],
        queue: {waiting: 5, prioritized: 7, delayed: 1, active: 4, completed: 12_345, failed: 2},
        running: [
            run('aaaa1111-q7', 'resize', 'aaaa1111', 5_000),
            run(`${instance}-1`, 'backup', instance, 4_000),
            run('backup@2026-10-25T11:59:00.000Z', 'backup', 'cccc3333', 300_000),
            run('x'.repeat(120), 'x'.repeat(200), 'gone9999', 3_000_000)
        ]
    };
    manager.clusterInfo = async () => info;
    manager.clusterRun = async (id) => {
        const found = info.running.find((each) => each.id === id);
        return (
            found && {
                ...manager.runs({limit: 1})[0],
                id,
                job: found.job,
                state: 'running',
                started: new Date(found.since),
                ended: undefined,
                host: found.host
            }
        );
    };
    return info;
}

/** Pages of a host in a cluster, by names for their screenshots. */
const CLUSTER_ADDRESSES = [
    ['cluster', '/cluster'],
    ['cluster-overview', '/'],
    ['cluster-job', '/jobs/backup'],
    ['cluster-runs', '/runs'],
    ['cluster-run', '/runs/backup%402026-10-25T11%3A59%3A00.000Z'],
    ['cluster-run-long-name', `/runs/${'x'.repeat(120)}`],
    ['cluster-system', '/system?flash=all-paused']
];

/** Every page, by a name for its screenshot. @param {Record<string, string>} ids - of `fill` */
const addressesOf = (ids) => [
    ['overview', '/'],
    ['overview-24h', '/?window=24h'],
    ['jobs', '/jobs'],
    ['jobs-none', '/jobs?q=nothing-is-called-so'],
    ['job', '/jobs/resize'],
    ['job-scheduled', '/jobs/backup'],
    ['job-paused', '/jobs/cron'],
    ['job-hostile', `/jobs/${encodeURIComponent(HOSTILE)}`],
    ['job-long-name', `/jobs/${'x'.repeat(200)}`],
    ['runs', '/runs'],
    ...Object.entries(ids).map(([name, id]) => [`run-${name}`, `/runs/${id}`]),
    ['calendar', '/calendar'],
    ['calendar-next', '/calendar?week=1'],
    ['system', '/system'],
    ['flash', '/?flash=job-paused']
];

module.exports = {CLUSTER_ADDRESSES, HOSTILE, PRINTER, addressesOf, createSite, fill, joinCluster};
