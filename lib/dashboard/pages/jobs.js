'use strict';

const {lastRunsChart} = require('../charts/last-runs');
const {JOB_STATES} = require('../../host/states');
const {attributes, html} = require('../html');
const {duration, percent, plural} = require('../words');
const {pauseButton, runButton} = require('../parts/actions');
const {choices, empty, layout} = require('../parts/layout');
const {stateLabel} = require('../parts/states');

/** @typedef {import('../parts/context').Context} Context */
/** @typedef {import('../../../index').JobInfo} JobInfo */

const PER_PAGE = 100;
const MOST_BARS = 20;
const SORTS = [
    {id: 'name', text: 'name'},
    {id: 'due', text: 'next due'},
    {id: 'lastRun', text: 'last run'}
];

/** @param {Context} context */
function jobs(context) {
    const filter = filterOf(context.query);
    const page = context.jobManager.jobs({...filter, limit: PER_PAGE});
    const last = page.length === PER_PAGE ? page.at(-1).name : undefined;
    const hasMore =
        last !== undefined && context.jobManager.jobs({...filter, after: last, limit: 1}).length > 0;
    return layout(
        context,
        {title: 'Jobs', section: 'jobs', events: {}},
        html`<div class="heading">
                <h1>Jobs</h1>
                ${choices(
                    'Order',
                    SORTS.map(({id, text}) => ({
                        href: context.withQuery({sort: id === 'name' ? undefined : id, after: undefined}),
                        text,
                        isCurrent: id === filter.sort
                    }))
                )}
            </div>
            ${filterForm(context, filter)}
            ${page.length === 0 ? nothing(context, filter) : table(context, page)}
            ${pages(context, {filter, last: hasMore ? last : undefined})}`
    );
}

function filterOf(query) {
    const text = (name) => query.get(name) || undefined;
    const state = JOB_STATES.includes(query.get('state')) ? query.get('state') : undefined;
    const sort = SORTS.find(({id}) => id === query.get('sort'))?.id ?? 'name';
    return {name: text('q'), state, tag: text('tag'), after: text('after'), sort};
}

function filterForm(context, {name, state, tag, sort}) {
    return html`<form class="filter" method="get" action="" data-filter role="search">
        <label>Name<input type="search" name="q" value="${name}" placeholder="part of a name" /></label>
        <label
            >State<select name="state">
                <option value="">any</option>
                ${JOB_STATES.map(
                    (each) => html`<option${attributes({selected: each === state})}>${each}</option>`
                )}
            </select></label
        >
        <label>Tag<input name="tag" value="${tag}" size="10" /></label>
        ${sort !== 'name' && html`<input type="hidden" name="sort" value="${sort}" />`}
        <button class="button">Show</button>
        ${(name ?? state ?? tag) !== undefined && html`<a href="?">all jobs</a>`}
    </form>`;
}

function nothing(context, {name, state, tag, after}) {
    if ((name ?? state ?? tag ?? after) !== undefined) {
        return empty(
            'No job is like that',
            html`<a href="?">Show all ${plural(context.stats.jobs, 'job')}</a>`
        );
    }
    return empty(
        'There are no jobs yet',
        html`Add one with <code>jobManager.addJob({name, at, job})</code>: it is shown here at once.`
    );
}

/** @param {Context} context @param {JobInfo[]} page */
function table(context, page) {
    const hasActions = ['run', 'pause', 'resume'].some((action) => context.actions.has(action));
    return html`<table class="list card">
        <caption class="spoken">
            ${plural(page.length, 'job')}
        </caption>
        <thead>
            <tr>
                <th scope="col">Job</th>
                <th scope="col" class="wide">Schedule</th>
                <th scope="col">Next</th>
                <th scope="col">Last</th>
                <th scope="col" class="wide">Last ${MOST_BARS} runs</th>
                <th scope="col" class="number wide">Success</th>
                ${hasActions && html`<th scope="col" class="wide"><span class="spoken">Actions</span></th>`}
            </tr>
        </thead>
        <tbody>
            ${page.map((job) => row(context, job, hasActions))}
        </tbody>
    </table>`;
}

/** @param {Context} context @param {JobInfo} job */
function row(context, job, hasActions) {
    const {name, state, schedule, next, retryAt, last, totals, tags, running, waiting} = job;
    const more =
        running + waiting > 1 && html` <span class="muted">${running} running, ${waiting} waiting</span>`;
    const runs = context.jobManager.runs({job: name, limit: MOST_BARS});
    const ended = totals.completed + totals.failed;
    return html`<tr data-key="${name}" data-value="${state} ${last?.id}">
        <th scope="row" class="name">
            ${context.job(name)}<span class="under"
                >${stateLabel(state)}${more} ${tags.map((tag) => tagLink(context, tag))}</span
            >
        </th>
        <td class="schedule wide">${scheduleOf(schedule)}</td>
        <td class="when-cell">
            ${retryAt ? html`<span class="muted">retry</span> ${context.ago(retryAt)}` : next ? html`${context.ago(next)}<span class="under">${context.clock(next)}</span>` : html`<span class="muted">–</span>`}
        </td>
        <td class="when-cell">
            ${last ? html`<a href="${context.runUrl(last.id)}">${stateLabel(last.state)}</a><span class="under">${context.ago(last.ended)}, took ${duration(last.elapsedMs)}</span>` : html`<span class="muted">never</span>`}
        </td>
        <td class="wide">${runs.length > 0 ? lastRunsChart(runs, MOST_BARS, context.nowMs) : ''}</td>
        <td class="number wide">
            ${ended > 0 ? percent(totals.completed / ended) : html`<span class="muted">–</span>`}
        </td>
        ${
            hasActions &&
            html`<td class="buttons wide">${runButton(context, name)}${pauseButton(context, job)}</td>`
        }
    </tr>`;
}

/** In words, and as it was given if that is something else. */
function scheduleOf(schedule) {
    if (schedule === undefined) {
        return html`<span class="muted">when asked to</span>`;
    }
    const {at, text, timezone} = schedule;
    const source = typeof at === 'string' && at !== text ? html`<code>${at}</code> ` : '';
    return html`<span class="clamp" title="${text}">${text}</span
        ><span class="under">${source}${timezone}</span>`;
}

const tagLink = (context, tag) =>
    html` <a class="tag" href="${context.to(`jobs?${new URLSearchParams({tag})}`)}"><bdi>${tag}</bdi></a>`;

function pages(context, {filter, last}) {
    return (
        (filter.after !== undefined || last !== undefined) &&
        html`<nav class="pages" aria-label="Pages of jobs">
            ${filter.after !== undefined && html`<a class="button" href="${context.withQuery({after: undefined})}">First page</a>`}${
                last !== undefined &&
                html`<a class="button" href="${context.withQuery({after: last})}">Next page</a>`
            }
        </nav>`
    );
}

module.exports = {jobs, scheduleOf, tagLink};
