'use strict';

/**
 * What a job is made of: a module on disk, or the source of a function.
 */

const fs = require('node:fs');
const path = require('node:path');
const {fileURLToPath} = require('node:url');
const {describeValue} = require('../host/describe-value');
const {codedError} = require('../host/from-caller');
const {checkOffloading} = require('../host/runtime');
const {functionSource} = require('./function-source');
const {describeMissing} = require('./missing-file');

/** Names that bree refuses, and with it the package that we replace. */
const RESERVED_NAMES = new Set(['index', 'index.js', 'index.mjs']);

/**
 * @typedef {object} JobSource
 * @property {'file' | 'source'} kind
 * @property {string} target - absolute path, or text of a program
 * @property {boolean} [takesData] - the program is a function that declares a parameter: it is called with the job's data
 */

/**
 * @param {string | URL} job
 * @returns {string} an absolute path; relative ones count from the working directory
 */
function resolvePath(job) {
    const isUrl = job instanceof URL || /^file:\/\//i.test(job);
    return isUrl ? fileURLToPath(job) : path.resolve(job);
}

/** @returns {string | undefined} the name of a job that was given none */
function defaultName(job) {
    const isPath = job instanceof URL || (typeof job === 'string' && job.trim() !== '');
    return isPath ? path.parse(resolvePath(job)).name : undefined;
}

/**
 * The source of an offloaded job, checked as far as it can be without running it.
 *
 * @param {string} name
 * @param {string | URL | Function} job
 * @returns {JobSource}
 * @throws {Error} when it could never start
 */
function offloadedSource(name, job) {
    checkOffloading(name);
    if (RESERVED_NAMES.has(name)) {
        throw codedError(
            'JOB_NAME_RESERVED',
            'You cannot use the reserved job name of "index", "index.js", nor "index.mjs"'
        );
    }
    if (typeof job === 'function') {
        return functionSource(name, job);
    }
    assertSource(job, name);
    const target = resolvePath(job);
    if (!isFile(target)) {
        throw codedError('JOB_PATH_MISSING', `Job "${name}" path missing: ${describeMissing(job, target)}`);
    }
    return {kind: 'file', target};
}

function isFile(target) {
    // Synchronous on purpose: microseconds, where a trip through the thread pool would make the job
    // start later than everything else here together.
    return fs.statSync(target, {throwIfNoEntry: false})?.isFile() ?? false;
}

/**
 * @param {unknown} job
 * @param {string} [name]
 * @throws {Error} JOB_MISSING, when it is nothing that could be run
 */
function assertSource(job, name) {
    const isSource =
        typeof job === 'function' || job instanceof URL || (typeof job === 'string' && job.trim() !== '');
    if (!isSource) {
        const owner = name ? `Job "${name}"` : 'A job';
        throw codedError(
            'JOB_MISSING',
            `${owner} needs a path or a function as its "job", got ${describeValue(job)}`
        );
    }
}

module.exports = {assertSource, defaultName, offloadedSource, resolvePath, isFile};
