'use strict';

// A host of a cluster: what it has is given as an argument, what it does is asked for by messages.

const fs = require('node:fs');
const path = require('node:path');
const {isDeepStrictEqual} = require('node:util');
const JobManager = require('../../..');
const {bullmq, database} = require('../../../lib/cluster');
const {knexOf} = require('../knex');

const {backend, url, name, lease, skew, jobs, record, concurrency, timezone} = JSON.parse(process.argv[2]);

const tell = (what, more) => process.send({what, ...more});

const cluster =
    backend === 'bullmq'
        ? bullmq({connection: url, queue: name, lease, clockSkew: skew, concurrency})
        : database({knex: knexOf(url), table: name, lease, clockSkew: skew});
const quiet = {
    info() {},
    warn: (line) => tell('warned', {message: String(line), code: line.code}),
    error() {}
};
const manager = new JobManager({
    timezone,
    cluster,
    logger: quiet,
    errorHandler: (error, {name: job, attempt, gaveUp}) =>
        tell('failed', {code: error.code, message: error.message, job, runId: error.runId, attempt, gaveUp})
});
manager.events.on('run skipped', ({job, reason, due, count}) =>
    tell('skipped', {job, reason, count, due: due?.getTime()})
);

/** On this event loop: cheaper than a process. */
function recording(_data, run) {
    const {id, fence, trigger, attempt} = run;
    const line = {what: 'begin', id, fence, trigger, due: run.due?.getTime(), attempt};
    fs.appendFileSync(record, `${JSON.stringify({...line, host: process.pid, at: Date.now()})}\n`);
    fs.appendFileSync(
        record,
        `${JSON.stringify({...line, what: 'end', host: process.pid, at: Date.now()})}\n`
    );
    return {host: process.pid};
}

/** Gives back what it gets, and by which Node.js. */
const echo = (data) => ({node: process.version, data});

const script = path.join(__dirname, '../jobs/record.js');

async function add({
    kind,
    at,
    afterMs,
    inMs,
    ms,
    isDeaf,
    lingerMs = 0,
    stops,
    fails,
    failsLate,
    totals,
    ...job
}) {
    const date = inMs === undefined ? afterMs : Date.now() + inMs;
    const when = date === undefined ? at : new Date(date);
    if (kind === 'echo') {
        await manager.defineJob({...job, job: echo});
    } else if (kind === 'inline') {
        await manager.defineJob({...job, at: when, job: recording});
    } else if (kind === 'slow') {
        const wait = (data, run) =>
            new Promise((resolve, reject) => {
                if (run.attempt <= fails) {
                    recording(data, run);
                    throw new Error(`attempt ${run.attempt} fails`);
                }
                run.signal.addEventListener('abort', () => setTimeout(reject, lingerMs, run.signal.reason));
                setTimeout(() => resolve(recording(data, run)), data?.ms ?? ms);
            });
        await manager.defineJob({...job, at: when, job: wait});
    } else {
        const data = {record, ms, isDeaf, stops, fails, failsLate, totals};
        await manager.addJob({...job, at: when, job: script, data});
    }
}

const ACTS = {
    add: ({job}) => add(job),
    remove: ({job}) => manager.removeJob(job),
    block: ({ms}) => {
        const until = Date.now() + ms;
        while (Date.now() < until);
    },
    shutdown: async ({timeout}) => {
        await manager.shutdown({timeout}).catch((error) => ({error: error.code}));
        setTimeout(() => process.exit(), 50);
    },
    run: async ({job, options, isAwaited, limitMs}) => {
        const signal = limitMs === undefined ? undefined : AbortSignal.timeout(limitMs);
        const run = await manager.runJob(job, {...options, signal});
        const settled = run.result.then(
            (value) => tell('result', {id: run.id, value}),
            (error) =>
                tell('result', {
                    id: run.id,
                    error: {code: error.code, name: error.name, message: error.message}
                })
        );
        return isAwaited ? settled : {id: run.id};
    },
    /** Whether a value that JSON does not have comes back as it was, and from which Node.js. */
    echo: async ({job}) => {
        const data = {
            at: new Date(),
            ids: new Map([[1, new Set(['a'])]]),
            bytes: new Uint8Array([98]),
            count: 10n
        };
        const run = await manager.runJob(job, {data});
        const {node, data: back} = await run.result;
        return {node, isSame: isDeepStrictEqual(back, data)};
    },
    cancel: ({id, reason}) => manager.cancelRun(id, {reason}),
    pause: ({job}) => manager.pauseJob(job, {note: 'a test'}),
    resume: ({job}) => manager.resumeJob(job),
    pauseAll: () => manager.pauseAll(),
    resumeAll: () => manager.resumeAll(),
    info: async () => ({info: await manager.clusterInfo()}),
    find: async ({id}) => ({run: await manager.clusterRun(id)}),
    serve: async () => {
        const {createDashboard} = require('../../../lib/dashboard');
        const server = await createDashboard(manager, {actions: true}).listen({port: 0, unref: true});
        return {port: server.address().port};
    },
    state: ({job}) => ({state: manager.job(job)?.state})
};

process.on('message', async ({act, number, ...order}) => {
    try {
        tell('done', {number, value: await ACTS[act](order)});
    } catch (error) {
        tell('done', {number, error: {code: error.code, message: error.message}});
    }
});
process.on('disconnect', () => process.exit());

(async () => {
    for (const job of jobs) {
        await add(job);
    }
    tell('ready');
})();
