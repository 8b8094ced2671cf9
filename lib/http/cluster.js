'use strict';

/** What the API tells of the cluster, and of runs that other hosts have. */

const {unreachable} = require('./cluster-reader');
const {json} = require('./headers');
const {HttpError} = require('./http-error');
const {parametersOf} = require('./parameters');

const date = (ms) => (ms === undefined ? undefined : new Date(ms));

/** @param {import('./api').Call} call */
async function clusterRoute({cluster: reader, query}) {
    parametersOf(query, {});
    const state = await reader.read();
    if (state === undefined) {
        throw new HttpError(404, 'NO_CLUSTER', 'This host is in no cluster', {
            help: 'The option "cluster" of the job manager joins one: see docs/cluster.md'
        });
    }
    if (!state.isAnswering) {
        throw unreachable();
    }
    const {hosts, queue, running} = state.info;
    return json({
        instance: state.instance,
        hosts: hosts.map(({since, seen, ...host}) => ({...host, since: date(since), seen: date(seen)})),
        queue,
        running: running.map(({since, ...run}) => ({...run, since: date(since)}))
    });
}

/**
 * A run that this host does not have, but the cluster does.
 *
 * @param {import('./api').Call} call
 * @param {string} id
 * @returns {Promise<import('../../index').ClusterRun | undefined>}
 * @throws {HttpError} 503 CLUSTER_UNREACHABLE
 */
const runElsewhere = ({jobManager, cluster: reader}, id) =>
    jobManager.run(id) === undefined ? reader.run(id) : Promise.resolve(undefined);

/** @param {import('../../index').ClusterRun} run @param {string} what - only its host can do */
function onAnotherHost({id, job, host}, what) {
    const where = host === undefined ? 'waits in the queue of the cluster' : `is of host ${host}`;
    return new HttpError(404, 'RUN_ELSEWHERE', `The run "${id}" of job "${job}" ${where}`, {
        help: `${what} Ask that host: api/v1/cluster says where it is`
    });
}

/** @param {import('../../index').ClusterRun} run - that this host does not have */
const shownElsewhere = (run, shown) => ({...shown.run(run), elsewhere: true});

module.exports = {clusterRoute, onAnotherHost, runElsewhere, shownElsewhere};
