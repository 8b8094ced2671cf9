'use strict';

/** The cluster in words: how many hosts, what waits, and which host is meant. `context.cluster` is a `ClusterState`. */

const {html} = require('../html');
const {count, plural} = require('../words');

/** @typedef {import('./context').Context} Context */

/**
 * Whose jobs a pause reaches: a queue has messages between hosts, a table has none.
 *
 * @param {Context} context
 * @returns {'all' | 'one' | undefined} undefined without a cluster, or while nothing is known of it
 */
function steering({cluster}) {
    const queue = cluster?.info?.queue;
    return queue && (Object.keys(queue).length > 0 ? 'all' : 'one');
}

/** @param {import('../../../index').ClusterInfo} info @returns {{hosts: number, waiting: number, delayed: number, running: number}} */
function countsOf({hosts, queue, running}) {
    const {waiting = 0, prioritized = 0, delayed = 0, active = running.length} = queue;
    return {hosts: hosts.length, waiting: waiting + prioritized, delayed, running: active};
}

/** One line for the overview. @param {Context} context */
function clusterLine(context) {
    const info = context.cluster?.info;
    if (info === undefined) {
        return '';
    }
    return html`<p class="muted" id="cluster-line">
        Cluster: <a href="${context.to('cluster')}">${depthOf(context, info)}</a>
    </p>`;
}

function depthOf(context, info) {
    const {hosts, waiting, delayed, running} = countsOf(info);
    if (steering(context) === 'one') {
        // A table knows only hosts that have a run.
        return running === 0 ? 'nothing runs' : `${count(running)} running on ${plural(hosts, 'host')}`;
    }
    return [
        plural(hosts, 'host'),
        `${count(waiting)} waiting`,
        ...(delayed > 0 ? [`${count(delayed)} delayed`] : []),
        `${count(running)} running`
    ].join(', ');
}

/** @param {Context} context @param {string | undefined} id - of a host */
function hostName({cluster}, id) {
    const host = cluster?.info?.hosts.find((each) => each.id === id);
    if (host === undefined) {
        return id === undefined ? '–' : html`<code class="break"><bdi>${id}</bdi></code>`;
    }
    const isThis = id === cluster.instance && html` <span class="badge">this host</span>`;
    return html`<span class="break"><bdi>${host.hostname}</bdi></span>${isThis}<span class="under"
            >process ${host.pid}</span
        >`;
}

module.exports = {clusterLine, countsOf, hostName, steering};
