'use strict';

const {html} = require('../html');
const {count, plural} = require('../words');
const {countsOf, hostName, steering} = require('../parts/cluster');
const {clusterRunTable} = require('../parts/cluster-runs');
const {card, empty, layout} = require('../parts/layout');
const {notFound} = require('./problem');

/** @typedef {import('../parts/context').Context} Context */
/** @typedef {import('../../../index').ClusterInfo} ClusterInfo */

/** As many runs as the queue is asked for. */
const MOST_RUNS = 100;

/** @param {Context} context */
function cluster(context) {
    if (context.cluster === undefined) {
        return notFound(context, {
            section: 'system',
            title: 'This host is in no cluster',
            text: html`With the option <code>cluster</code> of the job manager several hosts share their jobs.`
        });
    }
    const {info, isAnswering, at} = context.cluster;
    return layout(
        context,
        {title: 'Cluster', section: 'cluster', events: {}},
        html`<div class="heading">
                <div>
                    <h1>Cluster</h1>
                    ${!isAnswering && at && html`<p class="muted">As it was at ${context.clock(at)}</p>`}
                </div>
            </div>
            ${
                info === undefined
                    ? empty('Nothing is known yet', 'Hosts, queue and runs are here when the queue answers.')
                    : html`${figures(context, info)} ${card('Hosts', {id: 'hosts'}, hosts(context, info))}
                      ${card('Running', {id: 'running'}, running(context, info))}`
            }`
    );
}

/** @param {Context} context @param {ClusterInfo} info */
function figures(context, info) {
    const {hosts: hostCount, waiting, delayed, running: runningCount} = countsOf(info);
    const {completed = 0, failed = 0} = info.queue;
    const facts = [
        ['Hosts', hostCount, steering(context) === 'all' ? 'heard of lately' : 'that have a run'],
        ['Running', runningCount, 'on all hosts'],
        ...(steering(context) === 'all'
            ? [
                  ['Waiting', waiting, 'for a host'],
                  ['Delayed', delayed, 'until their time'],
                  ['Completed', completed, 'kept by the queue'],
                  ['Failed', failed, 'kept by the queue']
              ]
            : [])
    ];
    return html`<dl class="figures" id="counts" aria-live="polite">
        ${facts.map(
            ([name, value, text]) =>
                html`<div>
                    <dt>${name}</dt>
                    <dd>
                        <b data-key="${name}" data-value="${value}">${count(value)}</b
                        ><span class="under">${text}</span>
                    </dd>
                </div>`
        )}
    </dl>`;
}

/** Of a table only hosts that have a run are known, and not since when. @param {Context} context @param {ClusterInfo} info */
function hosts(context, {hosts: all, running: runs}) {
    if (all.length === 0) {
        return empty('No host has a run', 'A table of slots tells only of hosts that have one.');
    }
    const sorted = all.toSorted((one, other) => (one.since ?? 0) - (other.since ?? 0));
    const runsOf = (id) => runs.filter(({host}) => host === id).length;
    return html`<table class="list plain">
        <caption class="spoken">
            ${plural(all.length, 'host')} of the cluster, the oldest first
        </caption>
        <thead>
            <tr>
                <th scope="col">Host</th>
                <th scope="col" class="number">Runs</th>
                <th scope="col" class="number">Up for</th>
                <th scope="col" class="wide">Since</th>
                <th scope="col" class="mid">Heard of</th>
                <th scope="col" class="wide">Id</th>
            </tr>
        </thead>
        <tbody>
            ${sorted.map(({id, since, seen}) => {
                const began = dateOf(since);
                return html`<tr id="host-${id}" data-key="${id}" data-value="">
                    <th scope="row">${hostName(context, id)}</th>
                    <td class="number">${count(runsOf(id))}</td>
                    <td class="number">${began ? context.since(began) : '–'}</td>
                    <td class="wide">${context.clock(began) ?? '–'}</td>
                    <td class="mid">${context.ago(dateOf(seen)) ?? '–'}</td>
                    <td class="wide"><code>${id}</code></td>
                </tr>`;
            })}
        </tbody>
    </table>`;
}

const dateOf = (ms) => (ms === undefined ? undefined : new Date(ms));

/** @param {Context} context @param {ClusterInfo} info */
function running(context, {running: runs}) {
    if (runs.length === 0) {
        return empty('Nothing runs', 'What goes on any host of the cluster is here, with its host.');
    }
    return html`${clusterRunTable(context, runs)}${
        runs.length >= MOST_RUNS && html`<p class="more">Only the first ${MOST_RUNS} are listed.</p>`
    }`;
}

module.exports = {cluster};
