'use strict';

/** What scenarios share: the messages of offloaded jobs, one after the other. */

const path = require('node:path');
const {Worker} = require('node:worker_threads');

const JOBS = path.join(__dirname, 'jobs');

/** The path of a job. */
const jobFile = (name) => path.join(JOBS, name);

/** Messages that are taken in the order in which they come. */
class Inbox {
    #waiting = [];
    #arrived = [];

    /** Puts a message in. */
    push(message) {
        const take = this.#waiting.shift();
        if (take) {
            take(message);
        } else {
            this.#arrived.push(message);
        }
    }

    /** Resolves with the next message. */
    next() {
        return this.#arrived.length > 0
            ? Promise.resolve(this.#arrived.shift())
            : new Promise((resolve) => this.#waiting.push(resolve));
    }
}

/**
 * Starts a job and waits for its word 'ready'.
 *
 * @param {any} JobManager null for a bare Worker
 * @param {string} file of jobs/
 * @param {(message: unknown) => void} onMessage called for every message after that
 * @returns {Promise<{post: (message: unknown) => void, manager: any}>}
 */
async function startJob(JobManager, file, onMessage) {
    const {promise: ready, resolve: isReady} = withResolvers();
    let receive = () => {
        receive = onMessage;
        isReady();
    };
    if (JobManager === null) {
        const worker = new Worker(jobFile(file));
        worker.on('message', (message) => receive(message));
        await ready;
        return {post: (message) => worker.postMessage(message)};
    }
    const manager = new JobManager({
        errorHandler: () => {},
        workerMessageHandler: ({message}) => receive(message)
    });
    await manager.addJob({name: 'job', job: jobFile(file)});
    await ready;
    const worker = manager.bree.workers.get('job');
    return {post: (message) => worker.postMessage(message), manager};
}

/** A promise and the function that resolves it. */
function withResolvers() {
    let resolve;
    const promise = new Promise((settle) => {
        resolve = settle;
    });
    return {promise, resolve};
}

const delay = (durationMs) => new Promise((resolve) => setTimeout(resolve, durationMs));

/** Nanoseconds of `process.hrtime.bigint()`, which all processes and threads of a machine share, in ms. */
const toMs = (nanoseconds) => Number(nanoseconds) / 1e6;

/** What to add to the wall clock, in ms since the epoch, to get the time of `process.hrtime`, in ms. */
function wallToMonotonicMs() {
    const before = Date.now();
    let now = before;
    // At the moment at which a millisecond begins, both clocks are known exactly.
    while (now === before) {
        now = Date.now();
    }
    return toMs(process.hrtime.bigint()) - now;
}

module.exports = {Inbox, delay, jobFile, startJob, toMs, wallToMonotonicMs, withResolvers};
