'use strict';

/**
 * The function of an inline job that was given as a module.
 */

const {createRequire} = require('node:module');
const path = require('node:path');
const {pathToFileURL} = require('node:url');
const {invalid} = require('../host/options');
const {assertSource, isFile, resolvePath} = require('../jobs/job-source');
const {describeMissing} = require('../jobs/missing-file');
const {functionOf, handlerOf, needsImport} = require('../wire/handler-export');
const {withinLimit} = require('./time-limit');

/**
 * @param {string | URL} job - a path (relative to the working directory), a file URL, or a specifier that `require`
 *   resolves from the working directory
 * @returns {string} the path of the module
 * @throws when there is no such module
 */
function resolveModule(job) {
    const target = resolvePath(job);
    return isFile(target) ? target : resolveName(job, target);
}

/** A package, a folder, or a path without its extension. */
function resolveName(job, target) {
    try {
        return createRequire(path.join(process.cwd(), 'noop.js')).resolve(String(job));
    } catch (error) {
        if (error.code !== 'MODULE_NOT_FOUND') {
            throw error;
        }
        const message = `The module of an inline job was not found: ${describeMissing(job, target)}`;
        throw Object.assign(new Error(message), {code: error.code});
    }
}

/**
 * @param {string | URL} job
 * @param {{name: string, target: string}} [handler] - the job, if it is one that `defineJob` was called with
 * @returns {Promise<Function>} the default export of the module
 */
async function loadFunction(job, handler) {
    const exported = await load(resolveModule(job));
    if (handler) {
        return handlerOf(exported, handler);
    }
    const found = functionOf(exported);
    if (!found) {
        throw new TypeError(`The module ${job} of an inline job must have a function as its default export`);
    }
    return found;
}

async function load(target) {
    if (path.extname(target) !== '.mjs') {
        try {
            return require(target);
        } catch (error) {
            if (!needsImport(error)) {
                throw error;
            }
        }
    }
    return import(pathToFileURL(target).href);
}

/**
 * Calls the function of an inline job, loaded first if it was given as a module, and up to its time limit.
 *
 * @param {{name?: string, job: Function | string | URL, data?: unknown, timeoutMs?: number}} task
 * @param {import('../wire/run-context').RunContext} [context] - its second argument, if it takes one
 * @returns {unknown} its result, or a promise of that
 */
function callInline(task, context) {
    const {job, data, timeoutMs} = task;
    if (timeoutMs !== undefined) {
        return callWithinLimit(task, context);
    }
    if (typeof job !== 'function') {
        return loadAndCall(job, data, context);
    }
    return context === undefined ? job(data) : job(data, context);
}

const callWithinLimit = ({name, job, data, timeoutMs}, context) =>
    withinLimit(async () => callInline({job, data}, context), {
        name,
        timeoutMs,
        onTimeout: (error) => context?.abort(error)
    });

async function loadAndCall(job, data, context) {
    const run = await loadFunction(job);
    return callInline({job: run, data}, context);
}

/** Options that an inline job cannot have, and why. */
const ONLY_OFFLOADED = {
    memoryLimitMb: 'offloaded jobs: an inline job shares the memory of the host process',
    nice: 'offloaded jobs: an inline job runs in the host process',
    output:
        'offloaded jobs: an inline job prints where the host does. What is to be kept with its run it can write by run.log ' +
        '("context")',
    stallAfter:
        'offloaded jobs and handlers: the function of an inline job cannot be stopped, and holds its place in the queue. ' +
        'Use "timeout", or defineJob()'
};

/**
 * @param {import('../../index').Job} job - an inline one
 * @throws {Error} JOB_MISSING or INVALID_OPTION, if it is invalid
 */
function checkInline(job) {
    assertSource(job.job, job.name);
    const {memoryLimitMb, nice, output, stallAfter} = job;
    // Each by its name: a host may add a million jobs.
    if ((memoryLimitMb ?? nice ?? output ?? stallAfter) !== undefined) {
        throw onlyOffloaded(job);
    }
}

function onlyOffloaded(job) {
    const [option, reason] = Object.entries(ONLY_OFFLOADED).find(([name]) => job[name] !== undefined);
    const owner = job.name ? `of job "${job.name}"` : 'of a job';
    return invalid(`The option "${option}" ${owner} is only for ${reason}`);
}

module.exports = {callInline, checkInline, loadFunction, resolveModule};
