'use strict';

/**
 * A manager that shares its jobs through BullMQ, beside BullMQ used directly. Needs JOB_MANAGER_TEST_REDIS or
 * JOB_MANAGER_TEST_POSTGRES, as `.ci/with-servers npm run bench -- cluster` sets them; without them there is nothing to measure.
 */

const path = require('node:path');
const {median} = require('../statistics');
const {Inbox, jobFile, toMs, wallToMonotonicMs} = require('../talk');

const QUIET = {info() {}, warn() {}, error: console.error};
const SERVERS = [
    {server: 'Redis', url: process.env.JOB_MANAGER_TEST_REDIS, runs: 3_000, goal: 3_000},
    {server: 'PostgreSQL', url: process.env.JOB_MANAGER_TEST_POSTGRES, runs: 1_000, goal: 900}
].filter(({url}) => url);

const measured = ({server, url, runs, goal}) =>
    [
        {
            name: `${server}, from the due time to the first line`,
            unit: 'ms',
            params: {kind: 'due', url, slots: 5},
            tiny: {kind: 'due', url, slots: 1}
        },
        {
            name: `${server}, inline handlers, 256 in flight`,
            unit: 'runs/s',
            goal: {atLeast: goal},
            params: {kind: 'runs', url, runs, inFlight: 256},
            tiny: {kind: 'runs', url, runs: 10, inFlight: 4}
        },
        // Not on PostgreSQL: it had not ended after a minute.
        server === 'Redis' && {
            name: `${server}, BullMQ directly, 256 in flight`,
            unit: 'runs/s',
            params: {kind: 'direct', url, runs, inFlight: 256},
            tiny: {kind: 'direct', url, runs: 10, inFlight: 4}
        }
    ].filter(Boolean);

module.exports = {
    name: 'cluster',
    measurements: SERVERS.flatMap(measured),

    run({load, params}) {
        const kinds = {due, runs: throughManager, direct};
        return kinds[params.kind](params, load);
    }
};

function makeManager({url}, load) {
    const {bullmq} = require(path.join(__dirname, '../../lib/cluster'));
    const JobManager = load();
    const inbox = new Inbox();
    const manager = new JobManager({
        timezone: 'UTC',
        cluster: bullmq({connection: url, queue: `bench-${process.pid}-${Date.now()}`, concurrency: 256}),
        workerMessageHandler: ({message}) => typeof message === 'bigint' && inbox.push(message),
        logger: QUIET
    });
    return {manager, inbox};
}

async function due(params, load) {
    const {manager, inbox} = makeManager(params, load);
    // The connections are made.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const late = [];
    const offsetMs = wallToMonotonicMs();
    for (let slot = 0; slot < params.slots; slot++) {
        const at = new Date(Date.now() + 1_000);
        await manager.addJob({name: `slot ${slot}`, at, job: jobFile('first-line.js')});
        late.push(toMs(await inbox.next()) - (at.getTime() + offsetMs));
    }
    await manager.shutdown();
    return median(late);
}

async function inTurns({runs, inFlight}, call) {
    let begun = 0;
    const lane = async () => {
        while (begun < runs) {
            begun += 1;
            await call();
        }
    };
    const startedAt = performance.now();
    await Promise.all(Array.from({length: inFlight}, lane));
    return (runs / (performance.now() - startedAt)) * 1_000;
}

async function throughManager(params, load) {
    const {manager} = makeManager(params, load);
    await manager.defineJob({name: 'noop', job: () => 1, concurrency: 256});
    await (
        await manager.runJob('noop')
    ).result;
    const perSecond = await inTurns(params, async () => (await manager.runJob('noop')).result);
    await manager.shutdown();
    return perSecond;
}

async function direct(params) {
    const bullmq = require('bullmq');
    const {backendOf} = require(path.join(__dirname, '../../lib/cluster/bullmq/backend'));
    const {connection, factory} = backendOf(params.url, bullmq);
    const name = `bench-direct-${process.pid}-${Date.now()}`;
    const queue = new bullmq.Queue(name, {connection}, factory);
    const events = new bullmq.QueueEvents(name, {connection}, factory);
    const worker = new bullmq.Worker(name, async () => 1, {connection, concurrency: 256}, factory);
    await Promise.all([queue.waitUntilReady(), events.waitUntilReady(), worker.waitUntilReady()]);
    const perSecond = await inTurns(params, async () =>
        (await queue.add('noop', {})).waitUntilFinished(events)
    );
    await Promise.all([worker.close(), events.close(), queue.close()]);
    return perSecond;
}
