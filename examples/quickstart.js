'use strict';

// Every call of the documentation, in its order, on real files and a real database; then a handler, a retry that heals, and
// a run that is cancelled:
//     node examples/quickstart.js [--database FILE] [--folder FOLDER] [--every-seconds N] [--kill] [--stay [--port PORT]]
// With the same database file again, the one-off jobs are refused, since they have been executed. With --kill the process kills
// itself in the middle of a run; the next start in the same folder recovers it from the store, and later ones find it done. With
// --stay it goes on until Ctrl-C, and prints where its dashboard is.

const {once} = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {parseArgs} = require('node:util');
const JobManager = require('..');
const {openDatabase} = require('./database');
const {expectHandlers, runHandlers, runKept} = require('./handlers');
const Report = require('./report');
const createStripeService = require('./stripe-service');
const writeSampleFiles = require('./sample-files');

const LONGEST_WAIT_MS = 15_000;

/** The registrations of the documentation. */
async function registerJobs({jobManager, stripeService, soon, refused}) {
    // register a job "function" with queued execution in current event loop
    await jobManager.addJob({
        job: (word) => console.log(word),
        name: 'hello',
        data: 'Hello!',
        offloaded: false
    });

    // register a job "module" with queued execution in current event loop
    await jobManager.addJob({
        job: './jobs/email-module.js',
        data: {email: 'send@here.com'},
        offloaded: false
    });

    // register recurring job which needs execution outside of current event loop
    await jobManager.addJob({
        at: soon('every 5 minutes'),
        job: './jobs/check-emails.js',
        name: 'email-checker'
    });

    // register recurring job with cron syntax running every 5 minutes
    // job needs execution outside of current event loop
    // for cron builder check https://crontab.guru/ (first value is seconds)
    await jobManager.addJob({
        at: soon('0 1/5 * * * *'),
        job: './jobs/check-emails.js',
        name: 'email-checker-cron'
    });

    // register a job to run immediately running outside of current event loop
    await jobManager.addJob({
        job: './jobs/check-emails.js',
        name: 'email-checker-now'
    });

    // register a one-off job to be executed immediately within current event loop
    await jobManager
        .addOneOffJob({
            name: 'members-migrations',
            offloaded: false,
            job: stripeService.migrations.execute.bind(stripeService.migrations)
        })
        .catch(refused('members-migrations'));

    // register a one-off job to be executed immediately outside of current event loop
    await jobManager
        .addOneOffJob({
            name: 'generate-backup-2022-09-15',
            job: './jobs/backup.js'
        })
        .catch(refused('generate-backup-2022-09-15'));

    // optionally await completion of the one-off job in case
    // there are state changes expected to execute the rest of the process
    await jobManager.awaitOneOffCompletion('members-migrations');

    // check if previously registered one-off job has been executed
    // successfully - it exists and doesn't have a "failed" state.
    const backupSuccessful = await jobManager.hasExecutedSuccessfully('generate-backup-2022-09-15');

    if (!backupSuccessful) {
        // One-off jobs with "failed" state can be rescheduled
        await jobManager.addOneOffJob({
            name: 'generate-backup-2022-09-15',
            job: './jobs/backup.js'
        });
    }
}

/** Says what the documentation promises of each job, and follows those that have a name. */
async function expectOutcomes(report, jobManager, JobModel) {
    report.expect('hello', 'inline function');
    report.expect('email-module', 'inline module');
    report.expect('email-checker', 'offloaded, every 5 minutes', {runs: 2});
    report.expect('email-checker-cron', 'offloaded, 0 1/5 * * * *', {runs: 2});
    report.expect('email-checker-now', 'offloaded, now');
    await expectOneOff('members-migrations', 'one-off, inline');
    await expectOneOff('generate-backup-2022-09-15', 'one-off, offloaded');

    for (const name of ['hello', 'email-checker', 'email-checker-cron', 'email-checker-now']) {
        report.follow(jobManager, name);
    }

    async function expectOneOff(name, kind) {
        const row = await JobModel.findOne({name});
        if (row && row.get('status') !== 'failed') {
            report.expect(name, kind, {
                outcome: `refused: A "${name}" one off job has already been executed.`,
                runs: 0
            });
        } else {
            report.expect(name, kind);
            report.follow(jobManager, name);
        }
    }
}

/** What the jobs say of their work, beside what is true. */
function checkMessage(report, {name, message}, inboxFacts) {
    if (message.emails !== undefined) {
        report.found(name, message, inboxFacts);
    } else if (message.archive !== undefined) {
        report.say(`${name}: ${message.archive}`);
        report.found(name, {files: message.files}, {files: inboxFacts.emails});
    }
}

async function main() {
    const interrupt = new AbortController();
    process.once('SIGINT', () => interrupt.abort(new Error('interrupted')));
    const signal = AbortSignal.any([interrupt.signal, AbortSignal.timeout(LONGEST_WAIT_MS)]);

    const {database, folder, everySeconds, isKilled, isStaying, port} = readOptions();
    console.log(`folder   ${folder}\ndatabase ${database}\n`);
    const inboxFacts = writeSampleFiles(folder);

    // An offloaded job gets the environment of its host; the path of a job starts at the working folder.
    process.env.QUICKSTART_FOLDER = folder;
    process.chdir(__dirname);

    const report = new Report();
    const {JobModel, close} = await openDatabase(database);
    const jobManager = new JobManager({
        JobModel,
        store: path.join(folder, 'runs.db'),
        // What the jobs print can be read in the dashboard, too.
        job: {output: 'both'},
        // While it stays, log lines of each run would push the address of the dashboard off the screen.
        logger: isStaying ? {warn: console.warn, error: console.error} : undefined,
        workerMessageHandler: (meta) => checkMessage(report, meta, inboxFacts)
    });
    const address = isStaying ? await require('./stay').openDashboard(jobManager, port) : undefined;
    await expectOutcomes(report, jobManager, JobModel);
    expectHandlers(report);

    const work = async () => {
        await registerJobs({
            jobManager,
            stripeService: createStripeService(folder),
            // Five minutes are long to wait: here, recurring jobs run every few seconds.
            soon: (at) =>
                at.startsWith('every') ? `every ${everySeconds} seconds` : `*/${everySeconds} * * * * *`,
            refused: (name) => (error) => report.refused(name, error)
        });
        await runHandlers(jobManager, report);
        await runKept(jobManager, report, {isKilled});
        await jobManager.allSettled();
        if (fs.existsSync(path.join(folder, 'outbox', 'send@here.com.eml'))) {
            report.completed('email-module');
        }
        await report.allReached();
    };

    await Promise.race([work(), aborted(signal)]).catch((error) => report.say(`stopped: ${error.message}`));
    if (address === undefined) {
        await jobManager.shutdown();
    }

    const statusOf = async (name) => (await JobModel.findOne({name}))?.get('status') ?? '-';
    console.log(`\n${await report.table(statusOf)}`);

    const deviations = report.deviations();
    console.log(deviations.length === 0 ? '\nEvery job went as documented.' : `\n${deviations.join('\n')}`);
    process.exitCode = deviations.length === 0 ? 0 : 1;
    if (address !== undefined) {
        report.mute();
        await require('./stay').stay(address, interrupt.signal);
        await jobManager.shutdown();
    }
    await close();
    if (signal.aborted) {
        // What was being registered goes on after the shutdown, and recurring jobs would keep this process alive.
        process.exit();
    }
}

/** Rejects with the reason of the signal when it aborts. */
async function aborted(signal) {
    signal.throwIfAborted();
    await once(signal, 'abort');
    throw signal.reason;
}

function readOptions() {
    const {values} = parseArgs({
        options: {
            database: {type: 'string'},
            folder: {type: 'string'},
            'every-seconds': {type: 'string', default: '2'},
            kill: {type: 'boolean', default: false},
            stay: {type: 'boolean', default: false},
            port: {type: 'string'}
        }
    });
    const everySeconds = Number(values['every-seconds']);
    if (!Number.isInteger(everySeconds) || everySeconds < 1 || everySeconds > 5) {
        throw new RangeError('--every-seconds must be a whole number from 1 to 5');
    }
    const folder = path.resolve(values.folder ?? fs.mkdtempSync(path.join(os.tmpdir(), 'job-manager-')));
    return {
        everySeconds,
        folder,
        isKilled: values.kill,
        isStaying: values.stay,
        port: values.port === undefined ? undefined : Number(values.port),
        database: path.resolve(values.database ?? path.join(folder, 'jobs.db'))
    };
}

// Until the end is reached, an event loop with nothing left to do is a failure.
process.exitCode = 1;
main();
