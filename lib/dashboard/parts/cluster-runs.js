'use strict';

/** Runs of the cluster: which host has them, and since when. */

const {html} = require('../html');
const {plural} = require('../words');
const {cancelButton} = require('./actions');
const {hostName, steering} = require('./cluster');
const {card} = require('./layout');

/** @typedef {import('./context').Context} Context */
/** @typedef {import('../../../index').ClusterInfo['running'][number]} ClusterRunning */

/**
 * @param {Context} context
 * @param {ClusterRunning[]} runs
 * @param {{isOfOneJob?: boolean}} [options]
 */
function clusterRunTable(context, runs, {isOfOneJob = false} = {}) {
    // A table of slots has no messages by which another host could be asked.
    const hasActions = context.actions.has('cancel') && steering(context) === 'all';
    return html`<table class="list">
        <caption class="spoken">
            ${plural(runs.length, 'run')} and their hosts
        </caption>
        <thead>
            <tr>
                <th scope="col">${isOfOneJob ? 'Run' : 'Job'}</th>
                <th scope="col">Host</th>
                <th scope="col" class="number">For</th>
                <th scope="col" class="wide">Since</th>
                ${hasActions && html`<th scope="col" class="mid"><span class="spoken">Actions</span></th>`}
            </tr>
        </thead>
        <tbody>
            ${runs.map((run) => row(context, run, {isOfOneJob, hasActions}))}
        </tbody>
    </table>`;
}

function row(context, {id, job, host, since, attempt}, {isOfOneJob, hasActions}) {
    const began = since === undefined ? undefined : new Date(since);
    const name = isOfOneJob ? id : job;
    const detail = html`${!isOfOneJob && html`<span class="under mono"><bdi>${id}</bdi></span>`}${
        attempt > 1 && html`<span class="under">attempt ${attempt}</span>`
    }`;
    return html`<tr id="cluster-run-${id}" data-key="cluster-${id}" data-value="${host}">
        <th scope="row" class="name">
            <a class="clip" href="${context.runUrl(id)}" title="${name}"><bdi>${name}</bdi></a>${detail}
        </th>
        <td>${hostName(context, host)}</td>
        <td class="number">${began ? context.since(began) : '–'}</td>
        <td class="wide">${began ? context.clock(began) : '–'}</td>
        ${hasActions && html`<td class="buttons mid">${cancelButton(context, {id, job, state: 'running'})}</td>`}
    </tr>`;
}

/**
 * What goes on other hosts; nothing where nothing does.
 *
 * @param {Context} context
 * @param {{job?: string}} filter
 */
function runsOnOthers(context, {job}) {
    const {info, instance} = context.cluster ?? {};
    const runs = (info?.running ?? []).filter(
        (run) => run.host !== instance && (job === undefined || run.job === job)
    );
    return runs.length === 0
        ? ''
        : card(
              'Running on other hosts',
              {id: 'elsewhere', aside: html`<a href="${context.to('cluster')}">cluster</a>`},
              clusterRunTable(context, runs, {isOfOneJob: job !== undefined})
          );
}

module.exports = {clusterRunTable, runsOnOthers};
