'use strict';

/** A manager that runs one job once, at a terminal: what is printed of it, and how signals end it. */

const {inspect} = require('node:util');
const {progressBar} = require('./progress');
const {effort, reason} = require('./runs');
const {oneLine, safeText} = require('./text');
const {formatTook} = require('./times');

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const MOST_CAPTURED = 16 * 1024 * 1024;
const ONLY_EXPORTS = /Its module exports a function, which addJob does not call/;
const FAILED_ATTEMPT = / failed \(attempt \d+ of/;

/** Writes what the manager warns about; failures of attempts are printed as lines of their own. */
function createLogger(output) {
    const write = (first) => {
        const text = first?.message ?? String(first);
        if (ONLY_EXPORTS.test(text)) {
            logger.hasUncalledFunction = true;
        } else if (!FAILED_ATTEMPT.test(text)) {
            output.note(`job-manager: ${safeText(text)}`);
        }
    };
    const logger = {hasUncalledFunction: false, info() {}, warn: write, error: write};
    return logger;
}

const attemptOf = ({attempt, attempts}) => (attempts > 1 ? `attempt ${attempt} of ${attempts} ` : '');

/** What the job writes by `run.log`. */
const logText = ({level, message, fields}) =>
    safeText(
        `${level.padEnd(5)} ${message}${fields === undefined ? '' : ` ${inspect(fields, {breakLength: Infinity})}`}`
    );

/** Prints the attempts of a run and what it logs (unless `hasLog`: that is in its output), and draws its progress. */
function follow(jobManager, {output, isQuiet, hasLog}) {
    const bar = progressBar(output);
    const say = (text) => isQuiet || output.isJson || output.note(text);
    const {events} = jobManager;
    events.on('run progress', ({progress}) => bar.update(progress));
    if (!isQuiet && !hasLog) {
        events.on('run log', ({line}) => output.note(logText(line)));
    }
    events.on('attempt failed', ({run, error, retryAt}) => {
        const next =
            retryAt === undefined ? '' : `, next in ${formatTook(Math.max(0, retryAt - Date.now()))}`;
        const {attempt, cause, started, ended} = run.history.at(-1);
        const why = cause === 'error' ? oneLine(error) : reason({...error, cause});
        say(
            `attempt ${attempt} of ${run.attempts} failed ${effort({elapsedMs: ended - started})} (${why})${next}`
        );
    });
    return new Promise((resolve) => {
        events.on('run ended', ({run, error}) => {
            bar.close();
            if (run.state === 'failed' && !isQuiet && !output.isJson) {
                output.note(safeText(run.cause === 'error' ? (error?.stack ?? error) : error?.message));
            }
            // The error has just been printed.
            const why = run.state === 'failed' && run.cause !== 'error' ? ` (${reason(run)})` : '';
            say(`${attemptOf(run)}${run.state} ${effort(run)}${why}`.trim());
            resolve(run);
        });
    });
}

/** Kills what runs; once that has been asked for, it is how the manager ends. */
const endAtOnce = (jobManager) =>
    jobManager.shutdown({timeout: 0}).catch((error) => {
        if (error.code !== 'SHUTDOWN_TIMEOUT') {
            throw error;
        }
    });

/** The first signal cancels the run, the second one ends it at once. @returns {() => string | undefined} the signal */
function cancelOnSignals(jobManager, {name, output}) {
    let received;
    const onSignal = (signal) => {
        const isFirst = received === undefined;
        received = signal;
        if (isFirst) {
            const again = signal === 'SIGINT' ? ' (Ctrl-C again ends it at once)' : '';
            output.note(`cancelling ${name}${again}`);
        }
        if (!isFirst) {
            void endAtOnce(jobManager);
            return;
        }
        for (const run of jobManager.runs({job: name})) {
            if (run.ended === undefined) {
                // It may have ended by itself meanwhile.
                jobManager.cancelRun(run.id, {reason: `${signal} to job-manager run`}).catch(() => {});
            }
        }
    };
    for (const signal of STOP_SIGNALS) {
        process.on(signal, onSignal);
    }
    return () => received;
}

/** With `--json` the standard output is for the answer: what the job prints there goes to the standard error. */
function redirectOutput(jobManager, job, isCalled) {
    if (!isCalled) {
        jobManager.bree.on('worker created', (name) => {
            jobManager.bree.workers.get(name)?.stdout?.pipe(process.stderr, {end: false});
        });
        return {...job, worker: {...job.worker, stdout: true}};
    }
    // The process of a handler has no streams of its own: what it prints is read where it is kept.
    let from = 0;
    const read = (id) => {
        const {text, totalBytes} = jobManager.output(id, {from}) ?? {text: '', totalBytes: from};
        from = totalBytes;
        process.stderr.write(text);
    };
    jobManager.events.on('run output', ({runId}) => read(runId));
    jobManager.events.on('run ended', ({run}) => read(run.id));
    return {...job, output: {stdout: 'capture'}, outputLimit: MOST_CAPTURED};
}

module.exports = {cancelOnSignals, createLogger, endAtOnce, follow, redirectOutput};
