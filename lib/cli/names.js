'use strict';

/** What an argument names: a job, or a run. */

const {nearestName} = require('../host/nearest-name');
const {ofHost, runningElsewhere} = require('./cluster');
const {EXIT, Failure} = require('./failure');

const MOST_COMPARED = 1_000;
const IS_UNKNOWN = new Set(['JOB_UNKNOWN', 'RUN_UNKNOWN']);

/** @returns {Promise<any>} what is answered, or undefined where there is no such job or run */
async function ifKnown(answer) {
    try {
        return await answer;
    } catch (error) {
        if (IS_UNKNOWN.has(error.code)) {
            return undefined;
        }
        throw error;
    }
}

const findJob = (client, name) => ifKnown(client.get(['api', 'v1', 'jobs', name]));
const findRun = (client, id) => ifKnown(client.get(['api', 'v1', 'runs', id]));

/** @param {import('./client').HostClient} client @param {string} what - `job`, or `job or run` @returns {Promise<Failure>} */
async function unknownName(client, name, what) {
    const {jobs} = await client.get(['api', 'v1', 'jobs'], {limit: MOST_COMPARED});
    const meant = nearestName(
        name,
        jobs.map((job) => job.name)
    );
    const help = meant === undefined ? 'job-manager list shows the jobs.' : `Did you mean "${meant}"?`;
    return new Failure(`there is no ${what} "${name}"`, {exitCode: EXIT.unknown, code: 'JOB_UNKNOWN', help});
}

/** @returns {Promise<any>} the job @throws {Failure} JOB_UNKNOWN, with a suggestion */
async function jobNamed(client, name) {
    return (await findJob(client, name)) ?? Promise.reject(await unknownName(client, name, 'job'));
}

/** The last run of a job that goes on another host of the cluster. @returns {Promise<any>} undefined if there is none */
async function findElsewhere(client, job) {
    const [found] = runningElsewhere(await ofHost(client), job);
    return found && findRun(client, found.id);
}

/**
 * The run with this id, or the last one of the job with this name.
 *
 * @param {import('./client').HostClient} client
 * @param {string} name
 * @param {{states?: string[], what?: string, isAnywhere?: boolean}} [options] - of a job, the last run in one of these states; `what`
 *   it is; `isAnywhere`: or else one that goes on another host
 * @throws {Failure}
 */
async function runNamed(client, name, {states, what = 'run', isAnywhere = false} = {}) {
    const run = await findRun(client, name);
    if (run !== undefined) {
        return run;
    }
    if ((await findJob(client, name)) === undefined) {
        throw await unknownName(client, name, 'job or run');
    }
    const {runs} = await client.get(['api', 'v1', 'runs'], {job: name, limit: MOST_COMPARED});
    const last = runs.find(({state}) => states === undefined || states.includes(state));
    const other = last === undefined && isAnywhere ? await findElsewhere(client, name) : undefined;
    if (other !== undefined) {
        return other;
    }
    if (last === undefined) {
        throw new Failure(`job "${name}" has no ${what}`, {exitCode: EXIT.unknown, code: 'RUN_UNKNOWN'});
    }
    return client.get(['api', 'v1', 'runs', last.id]);
}

module.exports = {findJob, findRun, jobNamed, runNamed, unknownName};
