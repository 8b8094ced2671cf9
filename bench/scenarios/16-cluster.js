'use strict';

/**
 * Managers that share their jobs through BullMQ, beside one manager alone and BullMQ used directly. Needs JOB_MANAGER_TEST_REDIS
 * or JOB_MANAGER_TEST_POSTGRES, as `.ci/with-servers npm run bench -- cluster` sets them; without them there is nothing to measure.
 */

const {startHosts} = require('../cluster/hosts');
const {runsPerSecond} = require('../cluster/runs');
const {treePssBytes} = require('../processes');
const {percentile} = require('../statistics');
const {delay, wallToMonotonicMs} = require('../talk');

const HOSTS = 3;
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** Hosts have their connections, and have started what they start ahead. */
const SETTLED_MS = 4_000;
const SERVERS = [
    {server: 'Redis', url: process.env.JOB_MANAGER_TEST_REDIS, runs: 12_000, goal: 3_000},
    {server: 'PostgreSQL', url: process.env.JOB_MANAGER_TEST_POSTGRES, runs: 3_000, goal: 900}
].filter(({url}) => url);

const due = (url, server) => {
    const of = (name, baseline, more = {}) => ({
        name: `${server}, due to first line, three hosts, ${name}`,
        unit: 'ms',
        baseline,
        params: {kind: 'due', url, slots: 10, fraction: 0.5},
        tiny: {kind: 'due', url, slots: 1, fraction: 0.5},
        ...more
    });
    return [
        of('beside one host alone', 'alone', {goal: {ratioAtMost: 1.2}}),
        of('95th percentile, beside one host alone', 'alone', {
            params: {kind: 'due', url, slots: 20, fraction: 0.95}
        }),
        of("beside BullMQ's Job Scheduler", 'bullmq'),
        of("beside BullMQ's Job Scheduler, sandboxed", 'sandboxed')
    ];
};

const runs = (url, server, {runs: count, goal}) => [
    {
        // The concurrency is the default of `bullmq()`. With more than is asked for at once, BullMQ fetches each run by a command of its own.
        name: `${server}, inline handlers, 256 in flight, 100 at once`,
        unit: 'runs/s',
        baseline: 'bullmq',
        goal: {atLeast: goal},
        params: {kind: 'runs', url, runs: count, inFlight: 256, concurrency: 100},
        tiny: {kind: 'runs', url, runs: 10, inFlight: 4, concurrency: 4}
    },
    {
        name: `${server}, handlers of a module, two processes, 64 in flight`,
        unit: 'runs/s',
        baseline: 'sandboxed',
        params: {kind: 'runs', url, runs: count, inFlight: 64, concurrency: 2, isModule: true},
        tiny: {kind: 'runs', url, runs: 10, inFlight: 4, concurrency: 2, isModule: true}
    }
];

const idle = (url, server) =>
    [
        {
            name: `${server}, three idle hosts with 20 jobs, memory of all processes`,
            unit: 'MB',
            baseline: 'bullmq',
            params: {kind: 'memory', url, jobs: 20},
            tiny: {kind: 'memory', url, jobs: 2}
        },
        server === 'Redis' && {
            name: `${server}, three idle hosts with 20 jobs, commands a minute and host`,
            unit: 'commands',
            baseline: 'bullmq',
            goal: {atMost: 35},
            params: {kind: 'commands', url, jobs: 20, durationMs: MINUTE_MS},
            tiny: {kind: 'commands', url, jobs: 2, durationMs: SECOND_MS}
        }
    ].filter(Boolean);

module.exports = {
    name: 'cluster',
    measurements: SERVERS.flatMap(({server, url, ...more}) => [
        ...due(url, server),
        ...runs(url, server, more),
        ...idle(url, server)
    ]),

    run(task) {
        const kinds = {due: lateness, runs: runsPerSecond, memory: idleMemory, commands: idleCommands};
        return kinds[task.params.kind](task);
    }
};

/** One job that is due each second: how long after that its first statement runs. */
async function lateness({target, params: {url, slots, fraction}}) {
    const offsetMs = wallToMonotonicMs();
    const late = [];
    let isSettled = false;
    let enough;
    const measured = new Promise((resolve) => {
        enough = resolve;
    });
    const config = {target, url, jobs: 1, isDue: true};
    const hosts = await startHosts(target === 'alone' ? 1 : HOSTS, config, (atMs) => {
        if (isSettled && late.push((atMs - offsetMs) % SECOND_MS) === slots) {
            enough();
        }
    });
    await delay(SETTLED_MS);
    isSettled = true;
    await measured;
    hosts.end();
    return percentile(late, fraction);
}

/** Processes, threads and children of hosts that wait for due times. */
async function idleMemory({target, params: {url, jobs}}) {
    const hosts = await startHosts(HOSTS, {target, url, jobs, isDue: false});
    await delay(SETTLED_MS);
    const bytes = hosts.pids.reduce((sum, pid) => sum + treePssBytes(pid), 0);
    hosts.end();
    return bytes / 1_000_000;
}

/** What clients send, without what scripts call. */
async function idleCommands({target, params: {url, jobs, durationMs}}) {
    const {Redis} = require('ioredis');
    const hosts = await startHosts(HOSTS, {target, url, jobs, isDue: false});
    await delay(2 * SETTLED_MS);
    let commands = 0;
    const redis = new Redis(url);
    const monitor = await redis.monitor();
    monitor.on('monitor', (_time, _args, source) => {
        commands += source === 'lua' ? 0 : 1;
    });
    await delay(durationMs);
    hosts.end();
    monitor.disconnect();
    redis.disconnect();
    return (commands / HOSTS) * (MINUTE_MS / durationMs);
}
