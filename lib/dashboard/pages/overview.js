'use strict';

const {TimeScale, timeAxis} = require('../charts/axis');
const {dueStrip} = require('../charts/due-strip');
const {legend} = require('../charts/shapes');
const {timelineRow} = require('../charts/timeline');
const {localSteps} = require('../charts/zone');
const {html} = require('../html');
const {DAY_MS, HOUR_MS, MINUTE_MS, count, plural} = require('../words');
const {runButtons} = require('../parts/actions');
const {attentionList} = require('../parts/attention');
const {dueTimes} = require('../parts/due-times');
const {card, choices, empty, layout} = require('../parts/layout');
const {progressBar} = require('../parts/progress');
const {icon, stateLabel} = require('../parts/states');

/** @typedef {import('../parts/context').Context} Context */

const WINDOWS = [
    {id: '15m', text: '15 min', ms: 15 * MINUTE_MS},
    {id: '1h', text: '1 h', ms: HOUR_MS},
    {id: '6h', text: '6 h', ms: 6 * HOUR_MS},
    {id: '24h', text: '24 h', ms: DAY_MS}
];
/** What is shown of the time to come, as a part of the window. */
const AHEAD = 1 / 6;
/** A host that has run for less than this has little to show of an hour. */
const YOUNG_MS = 20 * MINUTE_MS;
const MOST_RUNS = 1_000;
const MOST_ROWS = 30;
const MOST_STRIPS = 25;
const MOST_RUNNING = 20;
/** Due times of a job that are looked at one by one. */
const MOST_DUE = 300;

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
            ${counts(context, failed)} ${stats.jobs === 0 ? noJobs() : ''}
            <div class="columns">
                ${card('Needs attention', {id: 'attention'}, attentionList(context, {failed, live}))}
                ${card('Running now', {id: 'running', aside: stats.running > 0 && html`<a href="${context.to('runs?state=running')}">all</a>`}, runningNow(context, live))}
            </div>
            ${stats.jobs > 0 || recent.length > 0 ? timeline(context, recent) : ''}
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

/** @param {Context} context @param {import('../../../index').RunInfo[]} recent */
function timeline(context, recent) {
    const {jobManager, nowMs} = context;
    const shown = windowOf(context);
    const scale = new TimeScale(nowMs - shown.ms, nowMs + shown.ms * AHEAD, context.timezone);
    const rows = rowsOf(recent, scale);
    const coming = new Map();
    for (const {job, due} of jobManager.upcoming({from: nowMs, to: scale.toMs, limit: MOST_RUNS})) {
        coming.set(job, [...(coming.get(job) ?? []), due.getTime()]);
    }
    const aside = choices(
        'Time shown',
        WINDOWS.map(({id, text}) => ({
            href: context.withQuery({window: id}),
            text,
            isCurrent: id === shown.id
        }))
    );
    if (rows.length === 0) {
        return card(
            'Timeline',
            {id: 'timeline', aside},
            empty(
                `No run in the last ${shown.text}`,
                html`Runs are bars here, as long as they took. Choose a longer time, or look at
                    <a href="${context.to('runs')}">all runs that are kept</a>.`
            )
        );
    }
    const urlOf = (id) => context.runUrl(id);
    const isCut = recent.length === MOST_RUNS && recent.at(-1).queued > scale.fromMs;
    return card(
        'Timeline',
        {id: 'timeline', aside, look: 'chart-card'},
        html`<table class="rows">
                <caption class="spoken">
                    Runs of the last ${shown.text} by job, and due times ahead. Each run is in the table of
                    the page Runs.
                </caption>
                <thead>
                    <tr>
                        <th scope="col">Job</th>
                        <th scope="col"><span class="spoken">Runs</span>${timeAxis(scale, nowMs)}</th>
                    </tr>
                </thead>
                <tbody>
                    ${rows.slice(0, MOST_ROWS).map(
                        (row) =>
                            html`<tr>
                                <th scope="row">${context.job(row.job)}</th>
                                <td>
                                    ${timelineRow({...row, due: (coming.get(row.job) ?? []).slice(0, MOST_DUE)}, scale, {nowMs, urlOf})}
                                </td>
                            </tr>`
                    )}
                </tbody>
            </table>
            ${legend([
                ['completed', 'completed'],
                ['failed', 'failed attempt'],
                ['cancelled', 'cancelled'],
                ['running', 'running'],
                ['waiting', 'waits for its turn'],
                ['retrying', 'waits for another attempt'],
                ['due', 'due']
            ])}
            <p class="more">
                ${rows.length > MOST_ROWS && html`${rows.length - MOST_ROWS} more jobs ran in this time. `}${isCut && html`Only the last ${count(MOST_RUNS)} runs are drawn. `}<a
                    href="${context.to(`runs?since=${shown.id}`)}"
                    >These runs as a table</a
                >
            </p>`
    );
}

function windowOf({query, nowMs, stats}) {
    const isYoung = nowMs - stats.since.getTime() < YOUNG_MS;
    return WINDOWS.find(({id}) => id === query.get('window')) ?? WINDOWS[isYoung ? 0 : 1];
}

/** Jobs that were active: those that run first, then by their last run. */
function rowsOf(recent, scale) {
    const jobs = new Map();
    for (const run of recent) {
        if (run.ended === undefined || run.ended.getTime() >= scale.fromMs) {
            const row = jobs.get(run.job);
            if (row === undefined) {
                jobs.set(run.job, {job: run.job, runs: [run], isLive: run.ended === undefined});
            } else {
                row.runs.push(run);
                row.isLive ||= run.ended === undefined;
            }
        }
    }
    const rows = [...jobs.values()];
    return [...rows.filter(({isLive}) => isLive), ...rows.filter(({isLive}) => !isLive)];
}

/** @param {Context} context */
function nextDay(context) {
    const {jobManager, nowMs} = context;
    const jobs = jobManager.jobs({sort: 'due', limit: MOST_STRIPS}).filter(({next}) => next < nowMs + DAY_MS);
    const aside = html`<a href="${context.to('calendar')}">Calendar</a>`;
    if (jobs.length === 0) {
        return card(
            'Next 24 hours',
            {id: 'next-day', aside},
            empty(
                'Nothing is due',
                'Jobs with an option "at" have a line here, with a mark for each time that they are due.'
            )
        );
    }
    const scale = new TimeScale(nowMs, nowMs + DAY_MS, context.timezone);
    const edges = [nowMs, ...localSteps(nowMs + 1, scale.toMs, HOUR_MS, context.timezone), scale.toMs];
    return card(
        'Next 24 hours',
        {id: 'next-day', aside, look: 'chart-card'},
        html`<table class="rows">
                <caption class="spoken">
                    When each job is due in the next 24 hours
                </caption>
                <thead>
                    <tr>
                        <th scope="col">Job</th>
                        <th scope="col"><span class="spoken">Due</span>${timeAxis(scale)}</th>
                        <th scope="col" class="number wide">Next</th>
                    </tr>
                </thead>
                <tbody>
                    ${jobs.map((job) => {
                        const due = dueTimes(jobManager, job, {untilMs: scale.toMs, most: MOST_DUE});
                        return html`<tr>
                            <th scope="row">${context.job(job.name)}</th>
                            <td>${dueStrip(job.name, due, scale, edges)}</td>
                            <td class="number wide">${context.ago(job.next)}</td>
                        </tr>`;
                    })}
                </tbody>
            </table>
            <p class="more">
                A mark is a due time; a number is how many there are in that
                hour.${jobs.length === MOST_STRIPS && html` These are the ${MOST_STRIPS} jobs that are due first: the <a href="${context.to('calendar')}">calendar</a> has all.`}
            </p>`
    );
}

module.exports = {overview};
