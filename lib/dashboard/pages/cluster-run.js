'use strict';

const {html} = require('../html');
const {cancelButton} = require('../parts/actions');
const {hostName, steering} = require('../parts/cluster');
const {factList} = require('../parts/facts');
const {card, layout} = require('../parts/layout');
const {TRIGGERS} = require('../parts/run-table');
const {stateLabel} = require('../parts/states');

/** @typedef {import('../parts/context').Context} Context */

/**
 * The page of a run that this host does not have.
 *
 * @param {Context} context
 * @returns {Promise<string | undefined>} undefined if the cluster does not know it either, or does not answer
 */
async function clusterRunPage(context) {
    const info = await context.clusterRun(context.params.id).catch(() => undefined);
    if (info === undefined) {
        return undefined;
    }
    const {id, job, state, ended} = info;
    const canCancel = ended === undefined && steering(context) === 'all';
    return layout(
        context,
        {title: `Run of ${job}`, section: 'runs', isPart: true, events: ended === undefined ? {} : undefined},
        html`<div class="heading">
                <div>
                    <p class="crumb">
                        <a href="${context.to('runs')}">Runs</a> <span aria-hidden="true">/</span>
                        <a href="${context.jobUrl(job)}"><bdi>${job}</bdi></a>
                    </p>
                    <h1>
                        <bdi>${job}</bdi> <small class="mono"><bdi>${id}</bdi></small>
                    </h1>
                    <p class="facts-line" id="state" data-key="state" data-value="${state}">
                        ${stateLabel(state)}<span class="muted">${whereOf(info, context)}</span>
                    </p>
                </div>
                ${canCancel && html`<div class="buttons">${cancelButton(context, {id, job, state})}</div>`}
            </div>
            ${card('Facts', {id: 'facts'}, facts(context, info))}
            <p class="muted">
                The rest is kept by the host that has the run: attempts, what it prints, its result. See the
                dashboard of that host.
            </p>`
    );
}

function whereOf({host, ended}, {cluster}) {
    if (host === undefined) {
        return 'waits in the queue of the cluster for a host';
    }
    const name = cluster.info?.hosts.find(({id}) => id === host)?.hostname ?? 'a host that is gone';
    return html`${ended === undefined ? 'on' : 'was on'} <bdi>${name}</bdi>`;
}

/** @param {Context} context @param {import('../../../index').ClusterRun} info */
function facts(context, info) {
    const {host, trigger, due, queued, started, ended} = info;
    const stamp = (date) =>
        date && html`${context.absolute(date)}<span class="under">${context.ago(date)}</span>`;
    const error = context.errorOf(info);
    const rows = [
        ['Host', host === undefined ? undefined : hostName(context, host)],
        ['Trigger', TRIGGERS[trigger] ?? trigger],
        ['Due', stamp(due)],
        ['Queued', stamp(queued)],
        ['Started', stamp(started)],
        ['Ended', stamp(ended)],
        ['For', started && ended === undefined && context.since(started)],
        ['Error', error && html`<bdi>${context.text(error.message, 'error')}</bdi>`]
    ];
    return factList(rows);
}

module.exports = {clusterRunPage};
