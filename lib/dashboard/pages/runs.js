'use strict';

const {RUN_STATES} = require('../../host/states');
const {attributes, html} = require('../html');
const {DAY_MS, HOUR_MS, MINUTE_MS} = require('../words');
const {runsOnOthers} = require('../parts/cluster-runs');
const {empty, layout} = require('../parts/layout');
const {runTable} = require('../parts/run-table');

/** @typedef {import('../parts/context').Context} Context */

const PER_PAGE = 100;
const SINCE = [
    {id: '15m', text: 'the last 15 minutes', ms: 15 * MINUTE_MS},
    {id: '1h', text: 'the last hour', ms: HOUR_MS},
    {id: '6h', text: 'the last 6 hours', ms: 6 * HOUR_MS},
    {id: '24h', text: 'the last 24 hours', ms: DAY_MS},
    {id: '7d', text: 'the last 7 days', ms: 7 * DAY_MS}
];

/** @param {Context} context */
function runs(context) {
    const filter = filterOf(context.query);
    const {since, ...asked} = filter;
    const page = context.jobManager.runs({...asked, limit: PER_PAGE});
    const isLate = ({queued, due}) => since === undefined || (queued ?? due) >= context.nowMs - since.ms;
    const shown = page.filter(isLate);
    const last = page.length === PER_PAGE && shown.length === PER_PAGE ? page.at(-1).id : undefined;
    return layout(
        context,
        {title: 'Runs', section: 'runs', events: filter.job === undefined ? {} : {job: filter.job}},
        html`<div class="heading"><h1>Runs</h1></div>
            ${filterForm(filter)} ${isOfRunning(filter) && runsOnOthers(context, filter)} ${shown.length === 0 ? nothing(filter) : runTable(context, shown)}
            ${pages(context, filter, last)}`
    );
}

/** Whether runs that go on other hosts belong to what is asked for. */
const isOfRunning = ({state, before}) => before === undefined && (state ?? 'running') === 'running';

function filterOf(query) {
    const text = (name) => query.get(name) || undefined;
    const state = RUN_STATES.includes(query.get('state')) ? query.get('state') : undefined;
    return {
        job: text('job'),
        state,
        before: text('before'),
        since: SINCE.find(({id}) => id === query.get('since'))
    };
}

function filterForm({job, state, since}) {
    const isFiltered = (job ?? state ?? since) !== undefined;
    return html`<form class="filter" method="get" action="" data-filter role="search">
        <label>Job<input type="search" name="job" value="${job}" placeholder="whole name" /></label>
        <label
            >State<select name="state">
                <option value="">any</option>
                ${RUN_STATES.map(
                    (each) => html`<option${attributes({selected: each === state})}>${each}</option>`
                )}
            </select></label
        >
        <label
            >Queued in<select name="since">
                <option value="">any time</option>
                ${SINCE.map(
                    (each) =>
                        html`<option${attributes({value: each.id, selected: each === since})}>${each.text}</option>`
                )}
            </select></label
        >
        <button class="button">Show</button>
        ${isFiltered && html`<a href="?">all runs</a>`}
    </form>`;
}

function nothing({job, state, before, since}) {
    return (job ?? state ?? before ?? since) === undefined
        ? empty(
              'Nothing has run yet',
              html`Each run of a job is here, while it goes and for as long as it is kept: the last 20 of a
                  job unless <code>history</code> says otherwise. Inline jobs that are added without a time
                  and without a name are only counted.`
          )
        : empty('No run is like that', html`Runs are kept for a while only. <a href="?">Show all runs</a>`);
}

function pages(context, {before}, last) {
    return (
        (before !== undefined || last !== undefined) &&
        html`<nav class="pages" aria-label="Pages of runs">
            ${before !== undefined && html`<a class="button" href="${context.withQuery({before: undefined})}">Newest</a>`}${
                last !== undefined &&
                html`<a class="button" href="${context.withQuery({before: last})}">Older</a>`
            }
        </nav>`
    );
}

module.exports = {runs};
