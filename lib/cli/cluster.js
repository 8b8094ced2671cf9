'use strict';

/** What a host knows of its cluster, and how that is put into words. */

const {counted, oneLine} = require('./text');

/** @returns {Promise<any>} undefined where the host is in no cluster */
async function ofHost(client) {
    try {
        return await client.get(['api', 'v1', 'cluster']);
    } catch (error) {
        // A host with an earlier version has no such path.
        if (error.code === 'NO_CLUSTER' || error.code === 'NOT_FOUND') {
            return undefined;
        }
        throw error;
    }
}

/** The same, for commands that are of use without it. @param {import('./output').Output} output */
async function clusterIfAny(client, output) {
    try {
        return await ofHost(client);
    } catch (error) {
        if (error.code !== 'CLUSTER_UNREACHABLE') {
            throw error;
        }
        output.note(
            'job-manager: the queue of the cluster does not answer: only what this host has is shown'
        );
        return undefined;
    }
}

/** @param {any} cluster @param {string | undefined} id - of a host @returns {string} such as `web-2/4242` */
function hostText(cluster, id) {
    const host = cluster?.hosts.find((each) => each.id === id);
    return host === undefined ? (id ?? '–') : `${oneLine(host.hostname)}/${host.pid}`;
}

/** Runs on other hosts. @param {any} cluster @param {string} [job] */
const runningElsewhere = (cluster, job) =>
    (cluster?.running ?? []).filter(
        (run) => run.host !== cluster.instance && (job === undefined || run.job === job)
    );

/** `3 hosts, 12 waiting, 1 delayed, 2 running`: of a table there is no queue, and only hosts that have a run are known. */
function depthText({hosts, queue, running}) {
    const {waiting = 0, prioritized = 0, delayed = 0, active = running.length} = queue;
    if (Object.keys(queue).length === 0) {
        return active === 0 ? 'nothing runs' : `${active} running on ${counted(hosts.length, 'host')}`;
    }
    return [
        counted(hosts.length, 'host'),
        `${waiting + prioritized} waiting`,
        ...(delayed > 0 ? [`${delayed} delayed`] : []),
        `${active} running`
    ].join(', ');
}

module.exports = {clusterIfAny, hostText, ofHost, depthText, runningElsewhere};
