'use strict';

/**
 * Runs a job in a worker process of ours and returns what its host observes. The one place that knows how such a process
 * is started.
 */

const {WorkerProcess, decodeFrame} = require('../support/worker-harness.js');
const {ToHost} = require('../../lib/wire/frames.js');
const {endOf} = require('./run-in-worker.js');

/** How a process comes to its job: booted ahead of time, with all warming up or a little, or told at its start. */
const STARTS = ['spare', 'brief spare', 'cold'];

/** Flags that carry limits of a Worker into a process. */
function flagsOf({maxOldGenerationSizeMb} = {}) {
    return maxOldGenerationSizeMb ? [`--max-old-space-size=${maxOldGenerationSizeMb}`] : [];
}

function watch(worker, answers) {
    const seen = {events: [], end: null};
    let isCancelRequested = false;
    worker.on('frame', (kind, payload) => {
        if (kind === ToHost.READY) {
            return;
        }
        const {type, value} = decodeFrame(kind, payload);
        if (type === 'online' || type === 'error') {
            seen.events.push(type === 'online' ? {type} : {type, value});
            return;
        }
        seen.events.push({type: 'message', value});
        const end = endOf(value, isCancelRequested);
        if (end) {
            seen.end = {type: end};
            return;
        }
        for (const answer of answers(value)) {
            isCancelRequested ||= answer === 'cancel';
            worker.postMessage(answer);
        }
    });
    return seen;
}

/**
 * @param {string} job file, or source text
 * @param {import('./run-in-worker.js').JobOptions & {start?: 'spare' | 'brief spare' | 'cold'}} [options] what it is started with
 * @returns {Promise<import('./run-in-worker.js').Observations>} what was seen
 */
async function runInProcess(
    job,
    {start = 'spare', source, execArgv = [], answers = () => [], ...options} = {}
) {
    const flags = flagsOf(options.resourceLimits);
    const worker = new WorkerProcess({
        cold: start === 'cold',
        brief: start === 'brief spare',
        execArgv: [...execArgv, ...flags]
    });
    const header = {threadId: 7, execArgv};
    const message = {name: 'probe', kind: source ? 'source' : 'file', target: job, ...options};
    const seen = watch(worker, answers);
    await worker.isReady;
    worker.start(header, message);
    const {code, signal, stdout, stderr} = await worker.ended;
    return {events: seen.events, end: seen.end ?? {type: 'exit', code: code ?? signal}, stdout, stderr};
}

module.exports = {runInProcess, STARTS};
