'use strict';

// Loaded into Ghost's process before Ghost (`node --require`): registers a job type of its own with Ghost's jobs service,
// dispatches such jobs when it is told to, and can have one of Ghost's own recurring jobs drawn for a time that is near.

const fs = require('node:fs');
const Module = require('node:module');
const path = require('node:path');

const {GHOST_FOLDER: ghost, GHOST_OUTCOMES: outcomes, GHOST_SOON: soon, GHOST_MANAGER: manager} = process.env;

if (manager) {
    // As `overrides` of a package manager: Ghost's own code gets this package in place of version 1.0.
    const resolve = Module._resolveFilename;
    Module._resolveFilename = (request, ...more) =>
        request === '@tryghost/job-manager' ? path.join(manager, 'index.js') : resolve(request, ...more);
}

const services = path.join(ghost, 'core/server/services/jobs-service');
const {JobsService} = require(path.join(services, 'jobs-service.js'));

/** Written at once, so that a kill loses none. */
const note = (line) => fs.appendFileSync(outcomes, `${line}\n`);

class ProofJob {
    static type = 'proof';

    constructor({id, ms}) {
        Object.assign(this, {id, ms});
    }
}

async function handle({id, ms}) {
    note(`begun ${id}`);
    // Longer than any timer: it hangs.
    await new Promise((resolve) => setTimeout(resolve, ms));
    note(`ended ${id}`);
}

/** Starts our adapter beside the one that Ghost uses, with as many nightly jobs as Ghost has. */
async function startBeside({file, config}) {
    const adapter = new (require(file))(config);
    await adapter.start({
        processor: async () => {},
        queues: {webmentions: {concurrency: 3}, email: {concurrency: 2}}
    });
    for (let count = 0; count < 5; count += 1) {
        await adapter.scheduleRecurring(
            {type: `nightly ${count}`, payload: '{}'},
            {cron: `${count} 7 3 * * *`}
        );
    }
}

/** Runs a script through the job manager of Ghost. */
async function runScript(job) {
    const jobManager = require(path.join(ghost, 'core/server/services/jobs'));
    const completed = jobManager.awaitCompletion('script of the proof');
    await jobManager.addJob({name: 'script of the proof', job, data: {outcomes}});
    await completed;
}

const {start, scheduleRecurring} = JobsService.prototype;

JobsService.prototype.start = async function startWithProof() {
    this.handle(ProofJob, handle, {queue: 'proof', concurrency: 2});
    await start.call(this);
    process.on('message', async ({dispatch, load, script}) => {
        if (script !== undefined) {
            await runScript(script);
            process.send({what: 'script ended'});
            return;
        }
        if (load !== undefined) {
            await startBeside(load);
            process.send({what: 'loaded'});
            return;
        }
        if (dispatch === undefined) {
            // Twice: the first one leaves what has finalizers.
            global.gc();
            global.gc();
            process.send({what: 'collected', heap: process.memoryUsage()});
            return;
        }
        await Promise.all(dispatch.map((fields) => this.dispatch(new ProofJob(fields))));
        process.send({what: 'accepted'});
    });
    process.send({what: 'started'});
};

JobsService.prototype.scheduleRecurring = function scheduleSoon(job, {cron}) {
    const {type} = job.constructor;
    if (type !== soon) {
        return scheduleRecurring.call(this, job, {cron});
    }
    const due = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 3_000);
    process.send({what: 'drawn', due: due.getTime()});
    const drawn = `${due.getSeconds()} ${due.getMinutes()} ${due.getHours()} * * *`;
    return scheduleRecurring.call(this, job, {cron: drawn});
};
