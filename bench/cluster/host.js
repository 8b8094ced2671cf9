'use strict';

/**
 * A host of a cluster that is measured: `node host.js <config>`, with `target` 'ours', 'alone' (without a cluster), 'bullmq' or
 * 'sandboxed', and `jobs`, all due each second or all far from due. It reports the first line of each run.
 */

const path = require('node:path');
const bullmq = require('bullmq');
const JobManager = require('../..');
const cluster = require('../../lib/cluster');
const {backendOf} = require('../../lib/cluster/bullmq/backend');
const {jobFile} = require('../talk');

const QUIET = {info() {}, warn() {}, error: console.error};
const EACH_SECOND = '* * * * * *';
const FAR_FROM_DUE = '0 0 3 1 1 *';

const {target, url, queue, jobs, isDue, isFirst} = JSON.parse(process.argv[2]);
const when = isDue ? EACH_SECOND : FAR_FROM_DUE;
const names = Array.from({length: jobs}, (_, index) => `job ${index}`);

const report = (nanoseconds) => process.send({firstLine: String(nanoseconds)});

async function startManager() {
    const manager = new JobManager({
        timezone: 'UTC',
        cluster: target === 'alone' ? undefined : cluster.bullmq({connection: url, queue}),
        workerMessageHandler: ({message}) => typeof message === 'bigint' && report(message),
        logger: QUIET
    });
    for (const name of names) {
        await manager.addJob({name, at: when, job: jobFile('first-line.js')});
    }
}

/** Its Job Schedulers, with a processor in this process or, 'sandboxed', in a process of its own. */
async function startBullmq() {
    const {connection, factory} = backendOf(url, bullmq);
    const processor =
        target === 'sandboxed'
            ? path.join(__dirname, 'first-line-processor.js')
            : async () => String(process.hrtime.bigint());
    const worker = new bullmq.Worker(queue, processor, {connection}, factory);
    const jobQueue = new bullmq.Queue(queue, {connection}, factory);
    worker.on('error', console.error).on('completed', (_job, nanoseconds) => report(nanoseconds));
    await Promise.all([worker.waitUntilReady(), jobQueue.waitUntilReady()]);
    // One host adds them: on PostgreSQL those that add the same one at once fail.
    for (const name of isFirst ? names : []) {
        await jobQueue.upsertJobScheduler(name, {pattern: when, tz: 'UTC'});
    }
}

process.on('disconnect', () => process.exit());
(target === 'ours' || target === 'alone' ? startManager() : startBullmq()).then(() =>
    process.send({ready: true})
);
