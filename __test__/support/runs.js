'use strict';

const JobManager = require('../..');

/** What a manager of a test logs: nothing on the console, everything in `lines`. */
function silentLogger() {
    const lines = [];
    const write =
        (level) =>
        (...args) =>
            lines.push({level, text: args.map(String).join(' ')});
    return {lines, info: write('info'), warn: write('warn'), error: write('error')};
}

/**
 * A manager that is shut down when the test ends, and a record of what its handlers were given.
 *
 * @param {import('node:test').TestContext} t
 * @param {object} [options] of the manager
 */
function createManager(t, options = {}) {
    const errors = [];
    const messages = [];
    const logger = silentLogger();
    const manager = new JobManager({
        logger,
        errorHandler: (error, meta) => errors.push({error, ...meta}),
        workerMessageHandler: ({name, message}) => messages.push({name, message}),
        ...options
    });
    t.after(() => manager.shutdown({timeout: 1}).catch(ignoreTimeout));
    return {manager, errors, messages, logs: logger.lines};
}

function ignoreTimeout(error) {
    if (error.name !== 'TimeoutError') {
        throw error;
    }
}

/**
 * @param {import('../..')} manager
 * @param {string} name of a job
 * @returns {Promise<object>} the summary of the next run of it that ends
 */
function runEnd(manager, name) {
    return new Promise((resolve) => {
        const take = (summary) => {
            if (summary.name === name) {
                manager.bree.off('run ended', take);
                resolve(summary);
            }
        };
        manager.bree.on('run ended', take);
    });
}

/**
 * Runs a job once, to its end.
 *
 * @returns {Promise<{summary: object, error: Error | undefined, messages: any[]}>} how the run ended, the error
 *   it was reported with, and what it posted
 */
async function runOnce({manager, errors, messages}, job) {
    const before = {errors: errors.length, messages: messages.length};
    const ended = runEnd(manager, job.name);
    await manager.addJob(job);
    const summary = await ended;
    const ofJob = ({name}) => name === job.name;
    const reported = errors.slice(before.errors).filter(ofJob);
    if (reported.length > 1) {
        throw new Error(`errorHandler was called ${reported.length} times for one run`);
    }
    return {
        summary,
        error: reported[0]?.error,
        messages: messages
            .slice(before.messages)
            .filter(ofJob)
            .map(({message}) => message)
    };
}

/**
 * Adds a job and waits until its run has posted `text`. Listens from the start: all that a quick job does may be
 * told in one go.
 *
 * @returns {Promise<import('../../lib/events/worker-view').WorkerView>} the run's worker
 */
function startUntil(manager, job, text = 'ready') {
    return new Promise((resolve, reject) => {
        const onCreated = (name) => {
            const worker = manager.bree.workers.get(name);
            if (name === job.name) {
                manager.bree.off('worker created', onCreated);
                worker.on('message', (message) => message === text && resolve(worker));
            }
        };
        manager.bree.on('worker created', onCreated);
        manager.addJob(job).catch(reject);
    });
}

module.exports = {createManager, runEnd, runOnce, startUntil, silentLogger};
