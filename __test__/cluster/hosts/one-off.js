'use strict';

// A host of a cluster that adds one-off jobs, as its parent asks for by messages.

const fs = require('node:fs');
const path = require('node:path');
const JobManager = require('../../..');
const {bullmq, database} = require('../../../lib/cluster');
const {JOIN} = require('../../../lib/manager/cluster-option');
const {knexOf} = require('../knex');
const {openRows} = require('../rows');

const {backend, url, name, lease, record, rows, concurrency, isAlone, addsAfterMs} = JSON.parse(
    process.argv[2]
);
const script = path.join(__dirname, '../jobs/one-off.js');

const tell = (what, more) => process.send({what, ...more});

function clusterOf() {
    if (isAlone) {
        return undefined;
    }
    const cluster =
        backend === 'bullmq'
            ? bullmq({connection: url, queue: name, lease, concurrency})
            : database({knex: knexOf(url), table: name, lease});
    return addsAfterMs === undefined ? cluster : addingLate(cluster);
}

/** A host that takes its time between the claim of a row and the run. */
function addingLate(cluster) {
    return {
        ...cluster,
        [JOIN](host) {
            const member = cluster[JOIN](host);
            const oneOff = member.oneOff.bind(member);
            member.oneOff = async (...args) => {
                await new Promise((resolve) => setTimeout(resolve, addsAfterMs));
                return oneOff(...args);
            };
            return member;
        }
    };
}

const shown = ({code, name: kind, message}) => ({code, name: kind, message});

/** A function on this event loop, which a run of a cluster gets with its run. */
const inline = (data, run) =>
    new Promise((resolve) => {
        const line = {id: run?.id, fence: run?.fence, host: process.pid, at: Date.now()};
        fs.appendFileSync(record, `${JSON.stringify({what: 'begin', ...line})}\n`);
        setTimeout(() => {
            fs.appendFileSync(record, `${JSON.stringify({what: 'end', ...line, at: Date.now()})}\n`);
            resolve(process.pid);
        }, data.ms ?? 0);
    });

async function main() {
    const {JobModel, row, close} = await openRows(rows);
    const quiet = {info() {}, warn: (message) => tell('warned', {message: String(message)}), error() {}};
    const manager = new JobManager({
        timezone: 'UTC',
        cluster: clusterOf(),
        JobModel,
        logger: quiet,
        errorHandler: (error, {name: job}) => tell('failed', {job, runId: error.runId, ...shown(error)})
    });

    const add = ({ms, failsWith, isInline, day, ...job}) =>
        manager.addOneOffJob({
            ...job,
            ...(isInline ? {offloaded: false, context: true, job: inline} : {job: script}),
            data: {record, ms, failsWith, day: day && new Date(day)}
        });
    const acts = {
        add: ({job}) => add(job),
        /** A job that only this host has, and that takes what it may take of the queue. */
        occupy: async ({ms}) => {
            let begun;
            const isBegun = new Promise((resolve) => {
                begun = resolve;
            });
            await manager.defineJob({
                name: `busy-${process.pid}`,
                job: () => {
                    begun();
                    return new Promise((resolve) => setTimeout(resolve, ms));
                }
            });
            await manager.runJob(`busy-${process.pid}`);
            await isBegun;
        },
        /** Tells of the job's end as `awaitCompletion` does. */
        expect: ({job}) => {
            manager.awaitCompletion(job).then(
                (value) => tell('completed', {job, value}),
                (error) => tell('rejected', {job, error: shown(error)})
            );
        },
        outcome: async ({job}) => {
            const outcome = await manager.awaitOneOffCompletion(job);
            return outcome.status ?? outcome.get('status');
        },
        hasExecuted: ({job}) => manager.hasExecutedSuccessfully(job),
        row: async ({job}) => (await row(job))?.status,
        retry: async ({id}) => {
            const run = await manager.retryRun(id);
            return {id: run.id};
        },
        cancel: ({id}) => manager.cancelRun(id),
        jobs: () => manager.jobs().map(({name: job, state}) => ({name: job, state})),
        shutdown: async ({timeout}) => {
            await manager.shutdown({timeout}).catch((error) => ({error: error.code}));
            await close();
            setTimeout(() => process.exit(), 50);
        }
    };

    process.on('message', async ({act, number, ...order}) => {
        try {
            tell('done', {number, value: await acts[act](order)});
        } catch (error) {
            tell('done', {number, error: shown(error)});
        }
    });
    tell('ready');
}

process.on('disconnect', () => process.exit());
main();
