'use strict';

const {tookOf} = require('../charts/last-runs');
const {seriesChart} = require('../charts/series');
const {outcomeOf} = require('../charts/shapes');
const {html} = require('../html');
const {HOUR_MS, MINUTE_MS, SECOND_MS, absolute, count, duration, percent, plural, size} = require('../words');
const {pauseButton, runButton} = require('../parts/actions');
const {dueTimes} = require('../parts/due-times');
const {runsOnOthers} = require('../parts/cluster-runs');
const {factList} = require('../parts/facts');
const {card, empty, layout} = require('../parts/layout');
const {runTable} = require('../parts/run-table');
const {stateLabel} = require('../parts/states');
const {scheduleOf, tagLink} = require('./jobs');
const {notFound} = require('./problem');

/** @typedef {import('../parts/context').Context} Context */
/** @typedef {import('../../../index').JobInfo} JobInfo */
/** @typedef {import('../../../index').RunInfo} RunInfo */

const MOST_RUNS = 1_000;
const MOST_ROWS = 25;
const MOST_DUE = 10;
const MEGABYTE = 1_000_000;

/** Options that are times. */
const MS_OPTIONS = new Set([
    'timeout',
    'gracePeriod',
    'stallAfter',
    'warnAfter',
    'giveUpAfter',
    'startDeadline',
    'delay',
    'max'
]);

/** @param {Context} context */
function job(context) {
    const {jobManager, params} = context;
    const info = jobManager.job(params.name);
    const runs = jobManager.runs({job: params.name, limit: MOST_RUNS});
    const isElsewhere = context.cluster?.info?.running.some((run) => run.job === params.name);
    if (info === undefined && runs.length === 0 && !isElsewhere) {
        return notFound(context, {
            section: 'jobs',
            title: 'There is no such job',
            text: html`No job is registered as <b><bdi>${params.name}</bdi></b
                >, and no run of one is kept. It may have been removed, or this host was started anew.
                <a href="${context.to('jobs')}">All jobs</a>`
        });
    }
    return layout(
        context,
        {title: params.name, section: 'jobs', isPart: true, events: {job: params.name}},
        html`${heading(context, params.name, info)} ${figures(context, info, runs)}
            <div class="columns">
                ${info === undefined ? '' : definition(context, info)}
                ${info === undefined ? '' : nextDue(context, info)}
            </div>
            ${charts(runs, context.nowMs)} ${runsOnOthers(context, {job: params.name})} ${runsCard(context, params.name, runs)}`
    );
}

/** @param {Context} context @param {string} name @param {JobInfo} [info] */
function heading(context, name, info) {
    return html`<div class="heading">
        <div>
            <p class="crumb"><a href="${context.to('jobs')}">Jobs</a></p>
            <h1><bdi>${name}</bdi></h1>
            ${
                info === undefined
                    ? html`<p><span class="badge">not registered any more</span></p>`
                    : html`<p class="facts-line">
                              ${stateLabel(info.state)}${info.paused && pauseText(context, info.paused)}${info.oneOff && html`<span class="tag">one-off</span>`}<span
                                  class="tag"
                                  >${info.kind}</span
                              >${info.tags.map((tag) => tagLink(context, tag))}
                          </p>
                          ${info.description && html`<p class="description"><bdi>${info.description}</bdi></p>`}`
            }
        </div>
        ${info && html`<div class="buttons">${runButton(context, name)}${pauseButton(context, info)}</div>`}
    </div>`;
}

const pauseText = (context, {since, by, note}) =>
    html`<span class="muted"
        >by ${by === 'host' ? 'the host' : by === 'operator' ? 'an operator' : 'failures'}
        ${context.ago(since)}${note && html`: <bdi>${note}</bdi>`}</span
    >`;

/** @param {Context} context @param {JobInfo | undefined} info @param {RunInfo[]} runs */
function figures(context, info, runs) {
    const ended = runs.filter((run) => run.ended !== undefined && run.elapsedMs !== undefined);
    const tooks = ended.map(({elapsedMs}) => elapsedMs).toSorted((one, other) => one - other);
    const at = (share) => tooks[Math.min(tooks.length - 1, Math.floor(tooks.length * share))];
    const {completed = 0, failed = 0, cancelled = 0, retries = 0, skipped} = info?.totals ?? countsOf(runs);
    const skips = skipped ? skipped.overlap + skipped.missed + skipped.paused : 0;
    const facts = [
        [
            'Success',
            completed + failed > 0 ? percent(completed / (completed + failed)) : '–',
            `${count(completed)} completed, ${count(failed)} failed${cancelled > 0 ? `, ${count(cancelled)} cancelled` : ''}`
        ],
        [
            'Median',
            duration(at(0.5)),
            tooks.length > 0 ? `of the ${plural(tooks.length, 'run')} kept` : 'no run has ended'
        ],
        ['95 %', duration(at(0.95)), 'took no longer'],
        ['Longest', duration(tooks.at(-1)), ''],
        [
            'Last success',
            info?.lastSuccess ? context.ago(info.lastSuccess) : '–',
            info?.lastFailure ? html`last failure ${context.ago(info.lastFailure)}` : 'no failure'
        ],
        [
            'Retries',
            count(retries),
            skips > 0
                ? `${plural(skips, 'due time')} skipped: ${skipped.overlap} overlap, ${skipped.missed} missed, ${skipped.paused} paused`
                : 'no due time skipped'
        ]
    ];
    return html`<dl class="figures">
        ${facts.map(
            ([name, value, text]) =>
                html`<div>
                    <dt>${name}</dt>
                    <dd><b>${value}</b><span class="under">${text}</span></dd>
                </div>`
        )}
    </dl>`;
}

function countsOf(runs) {
    const of = (state) => runs.filter((run) => run.state === state).length;
    return {completed: of('completed'), failed: of('failed'), cancelled: of('cancelled')};
}

/** @param {Context} context @param {JobInfo} info */
function definition(context, info) {
    const {options, source, schedule, running, waiting} = info;
    const rows = [
        ['Schedule', scheduleOf(schedule)],
        ['Source', html`<code class="break">${source}</code>`],
        ['Now', `${running} running, ${waiting} waiting`],
        ...Object.entries(options).map(([name, value]) => [
            html`<code>${name}</code>`,
            optionValue(name, value)
        ]),
        ...dataRows(context, info.name)
    ];
    return card('Definition', {id: 'definition'}, factList(rows));
}

function optionValue(name, value) {
    if (MS_OPTIONS.has(name) && typeof value === 'number') {
        return duration(value);
    }
    if (name === 'memoryLimitMb') {
        return `${count(value)} MB`;
    }
    return typeof value === 'object' && value !== null
        ? html`<code class="break">${JSON.stringify(value)}</code>`
        : String(value);
}

/** What the job is given, where the host shows that. */
function dataRows(context, name) {
    if (!context.options.showData) {
        return [];
    }
    const worker = context.jobManager.bree?.config?.jobs?.find((each) => each.name === name)?.worker;
    const parts = {data: worker?.workerData, argv: worker?.argv, env: worker?.env};
    return Object.entries(parts)
        .filter(([, value]) => value !== undefined)
        .map(([part, value]) => [part, html`<pre class="json">${context.json(value, part)}</pre>`]);
}

/** @param {Context} context @param {JobInfo} info */
function nextDue(context, info) {
    const {times} = dueTimes(context.jobManager, info, {most: MOST_DUE});
    if (times.length === 0) {
        const text = info.paused
            ? 'It is paused: its due times get no run until it is resumed.'
            : info.schedule
              ? 'Its last due time has passed.'
              : 'It has no schedule: it runs when it is asked to.';
        return card('Next due', {id: 'due'}, empty('Nothing is due', text));
    }
    const zone = info.schedule?.timezone;
    return card(
        'Next due',
        {id: 'due'},
        html`<table class="list plain">
            <caption class="spoken">
                The next due times
            </caption>
            <thead>
                <tr>
                    <th scope="col">In</th>
                    <th scope="col">
                        In the zone of the job${zone && html` <span class="muted">${zone}</span>`}
                    </th>
                    <th scope="col" class="wide">In your zone</th>
                </tr>
            </thead>
            <tbody>
                ${times.map((ms) => {
                    const due = new Date(ms);
                    return html`<tr>
                        <td>${context.ago(due)}</td>
                        <td>${absolute(due, zone)}</td>
                        <td class="wide">${context.absolute(due)}</td>
                    </tr>`;
                })}
            </tbody>
        </table>`
    );
}

const NICE_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500]
    .concat([1, 2, 5, 10, 20, 30].map((seconds) => seconds * SECOND_MS))
    .concat([1, 2, 5, 10, 20, 30].map((minutes) => minutes * MINUTE_MS))
    .concat([1, 2, 4, 8, 12, 24, 48, 96].map((hours) => hours * HOUR_MS));

/** Steps that a clock has. */
function durationSteps(mostMs) {
    const step = NICE_MS.find((candidate) => mostMs / candidate <= 3.5) ?? mostMs / 2;
    return Array.from({length: Math.floor(mostMs / step)}, (_, index) => step * (index + 1));
}

/** @param {RunInfo[]} runs */
function charts(runs, nowMs) {
    const shown = runs.filter(({started}) => started !== undefined).toReversed();
    if (shown.length === 0) {
        return '';
    }
    const tooks = shown.map((run) => ({
        value: tookOf(run, nowMs),
        outcome: outcomeOf(run),
        isPartial: run.ended === undefined
    }));
    const memory = shown
        .filter(({peakMemoryBytes}) => peakMemoryBytes > 0)
        .map((run) => ({
            value: run.peakMemoryBytes / MEGABYTE,
            outcome: outcomeOf(run),
            isPartial: run.ended === undefined
        }));
    return card(
        'Runs over time',
        {id: 'charts'},
        html`<div class="charts">
            ${seriesChart({id: 'took', title: 'Duration', points: tooks, format: duration, stepsOf: durationSteps})}${
                memory.length > 0 &&
                seriesChart({
                    id: 'memory',
                    title: 'Peak memory',
                    points: memory,
                    format: (value) => size(value * MEGABYTE)
                })
            }
        </div>`
    );
}

/** @param {Context} context @param {string} name @param {RunInfo[]} runs */
function runsCard(context, name, runs) {
    if (runs.length === 0) {
        return card(
            'Runs',
            {id: 'runs'},
            empty(
                'It has not run yet',
                context.actions.has('run')
                    ? 'Run it now, or wait for its next due time.'
                    : 'Its runs are listed here.'
            )
        );
    }
    const all = html`<a href="${context.to(`runs?${new URLSearchParams({job: name})}`)}"
        >all ${count(runs.length)}${runs.length === MOST_RUNS ? '+' : ''}</a
    >`;
    return html`<section aria-labelledby="runs">
        <div class="heading">
            <h2 id="runs">Runs</h2>
            <div class="aside">${runs.length > MOST_ROWS && all}</div>
        </div>
        ${runTable(context, runs.slice(0, MOST_ROWS), {isOfOneJob: true})}
    </section>`;
}

module.exports = {job};
