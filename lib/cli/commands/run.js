'use strict';

const os = require('node:os');
const path = require('node:path');
const {inspect} = require('node:util');
const {isFile} = require('../../jobs/job-source');
const {describeMissing} = require('../../jobs/missing-file');
const {EXIT, Failure, usage} = require('../failure');
const {plain} = require('../../http/shown');
const {OF_SIGNALS, exitCodeOf} = require('../runs');
const {cancelOnSignals, createLogger, endAtOnce, follow, redirectOutput} = require('../single-run');
const {parseDuration} = require('../times');
const {jsonValue, wholeNumber} = require('../values');

/** The options of the job, as `addJob` and `defineJob` take them. */
function jobOf(file, values, jobArguments) {
    const target = path.resolve(file);
    if (!isFile(target)) {
        throw usage(
            `there is nothing to run: ${describeMissing(target, target)}`,
            /[./\\]/.test(file) ? undefined : `To run a job of a host: job-manager trigger ${file}`
        );
    }
    const backoff = values.backoff?.split(',').map((each) => parseDuration(each, '--backoff'));
    const job = {
        name: values.name ?? path.basename(file, path.extname(file)),
        job: target,
        timeout: values.timeout && parseDuration(values.timeout, '--timeout'),
        attempts: wholeNumber(values.attempts, '--attempts', {most: 1_000}),
        backoff: backoff?.length === 1 ? backoff[0] : backoff,
        memoryLimitMb: wholeNumber(values.memory, '--memory'),
        worker: jobArguments && {argv: jobArguments},
        // Printed here, by its event.
        logToHost: false
    };
    return Object.fromEntries(Object.entries(job).filter(([, value]) => value !== undefined));
}

async function start(jobManager, job, {isCalled, data}) {
    if (isCalled) {
        await jobManager.defineJob(job);
        await jobManager.runJob(job.name, {data});
    } else {
        await jobManager.addJob({...job, data});
    }
}

function report(output, {run, exitCode, isCalled}) {
    if (output.isJson) {
        output.json({run: plain(run), exitCode});
    } else if (isCalled && run.state === 'completed' && run.result !== undefined) {
        output.line(typeof run.result === 'string' ? run.result : inspect(run.result, {depth: 6}));
    }
}

module.exports = {
    name: 'run',
    outlivesReader: true,
    positionals: 'FILE',
    takesJobArguments: true,
    summary: 'Runs a job file once, with a time limit, a memory limit and retries.',
    description: `
The job runs in a process of its own and prints to this terminal. Arguments after -- are its process.argv. Ctrl-C cancels it, a
second Ctrl-C ends it at once. A file that exports a function is called with --call, as defineJob() does, and its result is printed.

The exit code is that of the job; 128 + the number of the signal that ended it (130 after Ctrl-C); 124 if it exceeded its time limit;
137 if it exceeded its memory limit; 1 for an exception.`,
    examples: [
        'job-manager run ./jobs/backup.js --timeout 10m --attempts 3 --backoff 1s,30s',
        `job-manager run ./jobs/report.js --data '{"full": true}'`,
        'job-manager run ./jobs/resize.js --call --data @order.json'
    ],
    options: {
        data: {
            type: 'string',
            value: 'JSON',
            help: 'workerData of the job: JSON, @FILE with JSON, or - for the standard input.'
        },
        timeout: {type: 'string', value: 'TIME', help: 'The longest time of an attempt, such as 90s or 10m.'},
        memory: {type: 'string', value: 'MB', help: 'The most resident memory of the job, in MB.'},
        attempts: {
            type: 'string',
            value: 'N',
            help: 'Tries in all. Default 1, or one more than --backoff has times.'
        },
        backoff: {
            type: 'string',
            value: 'TIMES',
            help: 'The wait before another attempt: 30s, or 1s,10s,1m for each in turn.'
        },
        name: {type: 'string', value: 'NAME', help: 'The name of the job. Default: that of the file.'},
        call: {type: 'boolean', help: 'Calls the function that FILE exports, with the data.'},
        quiet: {type: 'boolean', short: 'q', help: 'Prints only what the job prints.'}
    },

    async run({values, positionals: [file], jobArguments, output}) {
        const job = jobOf(file, values, jobArguments);
        const data = jsonValue(values.data, '--data');
        const JobManager = require('../../../index');
        const isCalled = values.call === true;
        const logger = createLogger(output);
        const jobManager = new JobManager({logger, errorHandler() {}, history: {perJob: 1}});
        const ended = follow(jobManager, {
            output,
            isQuiet: values.quiet === true,
            hasLog: isCalled && output.isJson
        });
        const signalOf = cancelOnSignals(jobManager, {name: job.name, output});
        try {
            const started = output.isJson ? redirectOutput(jobManager, job, isCalled) : job;
            await start(jobManager, started, {isCalled, data});
            const run = await ended;
            const signal = signalOf();
            const isCancelled = signal !== undefined && run.state !== 'completed';
            const exitCode = isCancelled ? OF_SIGNALS + os.constants.signals[signal] : exitCodeOf(run);
            report(output, {run, exitCode, isCalled});
            if (logger.hasUncalledFunction) {
                output.note(`job-manager: ${file} only exports a function, which was not called: use --call`);
            }
            return exitCode;
        } catch (error) {
            throw error instanceof Failure || error.code === undefined
                ? error
                : new Failure(error.message, {exitCode: EXIT.usage, code: error.code, help: error.help});
        } finally {
            await endAtOnce(jobManager);
        }
    }
};
