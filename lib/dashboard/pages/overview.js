'use strict';

const {html} = require('../html');
const {DAY_MS, count, plural} = require('../words');
const {runButtons} = require('../parts/actions');
const {attentionList} = require('../parts/attention');
const {clusterLine} = require('../parts/cluster');
const {card, empty, layout} = require('../parts/layout');
const {nextDay} = require('../parts/next-day');
const {progressBar} = require('../parts/progress');
const {icon, stateLabel} = require('../parts/states');
const {timeline} = require('../parts/timeline-card');

/** @typedef {import('../parts/context').Context} Context */

const MOST_RUNS = 1_000;
const MOST_RUNNING = 20;

/** @param {Context} context */
function overview(context) {
    const {jobManager, stats} = context;
    const recent = jobManager.runs({limit: MOST_RUNS});
    const failed = jobManager.runs({state: 'failed', limit: MOST_RUNS});
    const live = ['stopping', 'running', 'retrying'].flatMap((state) =>
        jobManager.runs({state, limit: MOST_RUNNING})
    );
    return layout(
        context,
        {title: 'Overview', section: 'overview', events: {}},
        html`<h1 class="spoken">Overview</h1>
            ${counts(context, failed)} ${clusterLine(context)} ${stats.jobs === 0 ? noJobs() : ''}
            <div class="columns">
                ${card('Needs attention', {id: 'attention'}, attentionList(context, {failed, live}))}
                ${card(context.cluster === undefined ? 'Running now' : 'Running on this host', {id: 'running', aside: stats.running > 0 && html`<a href="${context.to('runs?state=running')}">all</a>`}, runningNow(context, live))}
            </div>
            ${stats.jobs > 0 || recent.length > 0 ? timeline(context, recent, recent.length === MOST_RUNS) : ''}
            ${stats.jobs > 0 ? nextDay(context) : ''}`
    );
}

const noJobs = () =>
    empty(
        'There are no jobs yet',
        html`Add one with
            <code>jobManager.addJob({name: 'backup', at: 'every day at 02:30', job: './jobs/backup.js'})</code
            >: it is shown here at once.`
    );

/** @param {Context} context @param {import('../../../index').RunInfo[]} failed */
function counts(context, failed) {
    const {stats, nowMs} = context;
    const failedToday = failed.filter(({ended}) => ended > nowMs - DAY_MS).length;
    const isMore = failedToday === MOST_RUNS;
    const tiles = [
        {state: 'running', value: stats.running, href: 'runs?state=running', text: 'running'},
        {state: 'waiting', value: stats.waiting, href: 'runs?state=queued', text: 'waiting'},
        {state: 'retrying', value: stats.retrying, href: 'runs?state=retrying', text: 'retrying'},
        {
            state: 'paused',
            value: stats.paused,
            href: 'jobs?state=paused',
            text: stats.paused === 1 ? 'job paused' : 'jobs paused'
        },
        {state: 'failed', value: failedToday, href: 'runs?state=failed&since=24h', text: 'failed in 24 h'}
    ];
    return html`<ul class="tiles" id="counts" aria-live="polite">
        ${tiles.map(
            ({state, value, href, text}) =>
                html`<li>
                    <a
                        class="tile${value > 0 ? ` is-${state}` : ' none'}"
                        href="${context.to(href)}"
                        data-key="tile-${state}"
                        data-value="${value}"
                        >${icon(state)}<b>${count(value)}${isMore && state === 'failed' ? '+' : ''}</b>
                        <span>${text}</span></a
                    >
                </li>`
        )}
    </ul>`;
}

/** @param {Context} context @param {import('../../../index').RunInfo[]} live */
function runningNow(context, live) {
    if (live.length === 0) {
        return empty(
            'Nothing runs',
            html`What runs, and what waits for another attempt, is here.
                <a href="${context.to('jobs?sort=due')}">What is due next</a>`
        );
    }
    const hasActions = context.actions.has('cancel');
    return html`<table class="list running">
            <caption class="spoken">
                Runs that go, or wait for another attempt
            </caption>
            <thead>
                <tr>
                    <th scope="col">Job</th>
                    <th scope="col" class="number">For</th>
                    <th scope="col" class="number wide">Process</th>
                    ${hasActions && html`<th scope="col"><span class="spoken">Actions</span></th>`}
                </tr>
            </thead>
            <tbody>
                ${live.slice(0, MOST_RUNNING).map((run) => runningRow(context, run, hasActions))}
            </tbody>
        </table>
        ${
            live.length > MOST_RUNNING &&
            html`<p class="more">
                <a href="${context.to('runs?state=running')}"
                    >${plural(context.stats.running, 'run')} in all</a
                >
            </p>`
        }`;
}

function runningRow(context, run, hasActions) {
    const detail =
        run.state === 'retrying'
            ? html`${stateLabel('retrying')}${run.retryAt && html` <span>${context.ago(run.retryAt)}</span>`}
                  <span>attempt ${run.attempt} of ${run.attempts} failed</span>`
            : html`${stateLabel(run.state)}${run.slow && html` <span class="tag is-retrying">slow</span>`}${run.attempts > 1 && html` <span>attempt ${run.attempt} of ${run.attempts}</span>`}`;
    return html`<tr id="run-${run.id}" data-key="${run.id}" data-value="${run.state} ${run.attempt}">
        <th scope="row" class="name">
            <a class="clip" href="${context.runUrl(run.id)}" title="${run.job}"><bdi>${run.job}</bdi></a
            ><span class="under">${detail}</span>${run.progress && progressBar(run.progress, run.job)}
        </th>
        <td class="number">${run.started ? context.since(run.started) : '–'}</td>
        <td class="number wide">${run.pid ?? (run.online ? 'event loop' : '–')}</td>
        ${hasActions && html`<td class="buttons">${runButtons(context, run)}</td>`}
    </tr>`;
}

module.exports = {overview};
