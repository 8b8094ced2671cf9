'use strict';

/** Runs that are asked for, run and answered, a second: through a manager, and through a Queue and a Worker of BullMQ. */

const path = require('node:path');
const {callAll} = require('../call-all');
const {jobFile} = require('../talk');

const QUIET = {info() {}, warn() {}, error: console.error};
const NOOP = jobFile('handler-noop.js');

const queueName = () => `bench-${process.pid}-${Date.now()}`;

/** @returns {Promise<(data: number) => Promise<number>>} */
async function managerCall(JobManager, {url, concurrency, isModule}) {
    const {bullmq} = require('../../lib/cluster');
    const manager = new JobManager({
        timezone: 'UTC',
        cluster: bullmq({connection: url, queue: queueName(), concurrency: Math.max(concurrency, 16)}),
        logger: QUIET
    });
    await manager.defineJob({name: 'noop', job: isModule ? NOOP : require(NOOP), concurrency});
    return async (data) => (await manager.runJob('noop', {data})).result;
}

/**
 * Queue and Worker in one process, which waits for its own worker: `waitUntilFinished` costs more, and does not end on PostgreSQL.
 *
 * @returns {Promise<(data: number) => Promise<number>>}
 */
async function bullmqCall({url, concurrency, isModule}) {
    const bullmq = require('bullmq');
    const {backendOf} = require('../../lib/cluster/bullmq/backend');
    const {connection, factory} = backendOf(url, bullmq);
    const name = queueName();
    const processor = isModule ? path.join(__dirname, 'noop-processor.js') : async ({data}) => data.value;
    const worker = new bullmq.Worker(name, processor, {connection, concurrency}, factory);
    const queue = new bullmq.Queue(name, {connection}, factory);
    const waiting = new Map();
    worker.on('error', console.error).on('completed', (job, value) => {
        waiting.get(job.data.value)(value);
        waiting.delete(job.data.value);
    });
    await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
    return async (value) => {
        const answered = new Promise((resolve) => waiting.set(value, resolve));
        await queue.add('noop', {value});
        return answered;
    };
}

/** @returns {Promise<number>} runs a second */
async function runsPerSecond({target, params, load}) {
    const {inFlight, runs} = params;
    const call = target === 'ours' ? await managerCall(load(), params) : await bullmqCall(params);
    // Until what runs has been compiled, and the processes have started.
    await callAll(call, inFlight, Math.ceil(runs / 4));
    return (runs / (await callAll(call, inFlight, runs))) * 1_000;
}

module.exports = {runsPerSecond};
