'use strict';

const {once} = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const {createManager} = require('../support/runs');
const {temporaryFolder} = require('../support/temporary-folder');

/**
 * A job that ends its attempts in these ways, one after the other (see jobs/tries.js), and the times at which they began.
 *
 * @param {import('node:test').TestContext} t
 * @param {string[]} ends
 * @param {object} [options] - of the job
 */
function trying(t, ends, options = {}) {
    const file = path.join(temporaryFolder(t), 'attempts');
    const job = {name: 'job', job: path.join(__dirname, 'jobs', 'tries.js'), data: {file, ends}, ...options};
    const startsMs = () =>
        fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
    return {job, startsMs};
}

/** @returns {Promise<object>} the summary of the next attempt that ends */
async function attemptEnd(manager) {
    const [summary] = await once(manager.bree, 'run ended');
    return summary;
}

/** A JobModel in memory, and every status that was written. */
function memoryModel() {
    const rows = new Map();
    const written = [];
    const JobModel = {
        findOne: async ({name}) => rows.get(name),
        add: async (data) => {
            written.push(data.status);
            rows.set(data.name, {id: data.name, ...data});
            return rows.get(data.name);
        },
        edit: async (data, {id}) => {
            written.push(data.status);
            Object.assign(rows.get(id), data);
        }
    };
    return {JobModel, written};
}

/** @returns {string} the path of a module in `jobs/` */
const jobs = (name) => path.join(__dirname, 'jobs', name);

/** @returns {Promise<any>} what one run of the job came to */
async function resultOf(manager, name, options) {
    const run = await manager.runJob(name, options);
    return run.result;
}

/** @returns {Promise<{error: Error, info: object}>} how a run failed */
async function failureOf(run) {
    const error = await run.result.then(
        (value) => {
            throw new Error(`the run completed with ${value}`);
        },
        (thrown) => thrown
    );
    return {error, info: run.info()};
}

module.exports = {attemptEnd, createManager, failureOf, jobs, memoryModel, resultOf, trying};
