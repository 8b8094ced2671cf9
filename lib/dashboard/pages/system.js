'use strict';

const {html} = require('../html');
const {count, duration, plural, size} = require('../words');
const {actionButton} = require('../parts/actions');
const {steering} = require('../parts/cluster');
const {factList} = require('../parts/facts');
const {card, empty, layout} = require('../parts/layout');
const {icon} = require('../parts/states');

/** @typedef {import('../parts/context').Context} Context */

/** Processes that are drawn one by one. */
const MOST_DOTS = 200;

/** @param {Context} context */
function system(context) {
    const {stats} = context;
    return layout(
        context,
        {title: 'System', section: 'system', events: {}},
        html`<div class="heading">
                <h1>System</h1>
                <div class="buttons">
                    ${
                        stats.paused < stats.jobs && pauseAll(context)
                    }${stats.paused > 0 && actionButton(context, {action: 'resume', path: 'api/v1/resume', label: 'Resume all jobs'})}
                </div>
            </div>
            <div class="columns">
                ${card('Processes', {id: 'processes'}, processes(stats))}
                ${card('This host', {id: 'host'}, factList(hostFacts(context)))}
                ${card('Queues', {id: 'queues'}, factList(queueFacts(stats)))}
                ${card('Kept in memory', {id: 'kept'}, factList(keptFacts(context)))}
            </div>
            ${card('Warnings', {id: 'warnings'}, warnings(context))}`
    );
}

const PAUSES = {all: ', on all hosts of the cluster', one: ' on this host; other hosts of the cluster go on'};

const pauseAll = (context) =>
    actionButton(context, {
        action: 'pause',
        path: 'api/v1/pause',
        label: 'Pause all jobs',
        look: 'danger',
        question: `No due time gets a run until they are resumed${PAUSES[steering(context)] ?? ''}. Runs that go end as usual.`
    });

/** A dot for each. */
function processes({processes: {running, spare, kept, booting}}) {
    const kinds = [
        ['running', running, 'with a run'],
        ['kept', kept, 'kept for the next run'],
        ['spare', spare, 'started ahead'],
        ['booting', booting, 'starting']
    ];
    const total = running + spare + kept + booting;
    if (total === 0) {
        return empty(
            'No process runs',
            'Offloaded jobs get a Node.js process each, when they are due. At rest there is none.'
        );
    }
    const dots = kinds
        .flatMap(([look, value]) => Array.from({length: Math.min(value, MOST_DOTS)}, () => look))
        .slice(0, MOST_DOTS);
    return html`<div class="dots" role="img" aria-label="${plural(total, 'process', 'processes')}">
            ${dots.map((look) => html`<span class="p-${look}"></span>`)}
        </div>
        ${factList(kinds.map(([look, value, text]) => [html`<span class="dots"><span class="p-${look}"></span></span>${text}`, count(value)]))}`;
}

function hostFacts({stats: {host, pid, version, since, instance}, nowMs}) {
    return [
        ['Machine', html`<bdi>${host}</bdi>`],
        ['Process', pid],
        ['Memory', size(process.memoryUsage.rss())],
        ['Up', duration(process.uptime() * 1_000)],
        ['This manager', duration(nowMs - since.getTime())],
        ['Node.js', process.version],
        ['Package', version],
        ['Ids of runs begin with', html`<code>${instance}</code>`]
    ];
}

function queueFacts({jobs, running, waiting, retrying, paused, inline, rowsPending}) {
    return [
        [
            'Jobs',
            html`${count(jobs)}${paused > 0 && html` <span class="muted">${count(paused)} paused</span>`}`
        ],
        ['Runs that go', count(running)],
        ['Runs that wait for their turn', count(waiting)],
        ['Runs that wait for another attempt', count(retrying)],
        [
            'Functions on the event loop',
            html`${count(inline.running)} <span class="muted">${count(inline.waiting)} waiting</span>`
        ],
        ['Writes to the database that are not answered', count(rowsPending)]
    ];
}

function keptFacts({stats: {historyRuns, outputBytes}, jobManager, to, root}) {
    return [
        ['Runs kept', count(historyRuns)],
        outputBytes !== undefined && ['Output kept', size(outputBytes)],
        typeof jobManager.metrics === 'function' && [
            'Metrics',
            html`<a href="${to.call({root}, 'metrics')}">for Prometheus</a>`
        ]
    ];
}

/** @param {Context} context */
function warnings(context) {
    const lines = context.jobManager.warnings();
    if (lines.length === 0) {
        return html`<div class="empty good">
            ${icon('completed')}
            <p class="empty-title">None</p>
            <p>What the manager warns about is listed here, and written to the log of the host.</p>
        </div>`;
    }
    return html`<ol class="warnings">
        ${lines.toReversed().map(
            ({at, level, message}) =>
                html`<li>
                    <span class="is-${level === 'error' ? 'failed' : 'warning'}"
                        >${icon(level === 'error' ? 'failed' : 'warning')}</span
                    ><span class="when">${context.clock(at)}</span
                    ><span class="what"><bdi>${context.text(message, 'error')}</bdi></span>
                </li>`
        )}
    </ol>`;
}

module.exports = {system};
