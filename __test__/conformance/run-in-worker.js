'use strict';

/**
 * Runs a job in a real Worker thread, as the package did before it used processes, and returns what its host observes.
 */

const {Worker} = require('node:worker_threads');
const {text} = require('node:stream/consumers');

/**
 * @typedef {object} Observations what the host of a job sees
 * @property {{type: 'online' | 'message' | 'error', value?: unknown}[]} events in order
 * @property {{type: 'exit', code: number} | {type: 'done' | 'cancelled'}} end how it ended
 * @property {string} stdout all of it
 * @property {string} stderr all of it
 */

/**
 * @typedef {object} JobOptions what a job is started with
 * @property {unknown} [workerData]
 * @property {string[]} [argv]
 * @property {Record<string, string>} [env] laid over the host's environment
 * @property {string[]} [execArgv]
 * @property {object} [resourceLimits]
 * @property {boolean} [source] the first argument is source text, not a file
 * @property {(message: unknown) => unknown[]} [answers] what the host posts when it gets a message
 */

/**
 * @param {unknown} message of the job
 * @param {boolean} isCancelRequested whether it was asked to stop
 * @returns {'done' | 'cancelled' | null} the end it announces, if any
 */
function endOf(message, isCancelRequested) {
    if (message === 'done') {
        return 'done';
    }
    return message === 'cancelled' && isCancelRequested ? 'cancelled' : null;
}

/**
 * @param {string} job file, or source text
 * @param {JobOptions} [options] what it is started with
 * @returns {Promise<Observations>} what was seen
 */
async function runInWorker(
    job,
    {source = false, env = {}, execArgv = [], answers = () => [], ...options} = {}
) {
    const events = [];
    let end = null;
    let isCancelRequested = false;
    const worker = new Worker(job, {
        ...options,
        execArgv,
        eval: source,
        name: 'probe',
        env: {...process.env, ...env},
        stdout: true,
        stderr: true
    });
    worker.on('online', () => events.push({type: 'online'}));
    worker.on('error', (value) => events.push({type: 'error', value}));
    worker.on('message', (value) => {
        events.push({type: 'message', value});
        const type = endOf(value, isCancelRequested);
        if (type) {
            end = {type};
            worker.terminate();
            return;
        }
        for (const answer of answers(value)) {
            isCancelRequested ||= answer === 'cancel';
            worker.postMessage(answer);
        }
    });
    const exited = new Promise((resolve) => {
        worker.on('exit', resolve);
    });
    const [code, stdout, stderr] = await Promise.all([exited, text(worker.stdout), text(worker.stderr)]);
    return {events, end: end ?? {type: 'exit', code}, stdout, stderr};
}

module.exports = {runInWorker, endOf};
