'use strict';

/** The runs of the last minutes or hours as bars, a row for each job. */

const {TimeScale, timeAxis} = require('../charts/axis');
const {legend} = require('../charts/shapes');
const {timelineRow} = require('../charts/timeline');
const {html} = require('../html');
const {DAY_MS, HOUR_MS, MINUTE_MS, count} = require('../words');
const {card, choices, empty} = require('./layout');

/** @typedef {import('./context').Context} Context */

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
const MOST_ROWS = 30;
const MOST_COMING = 1_000;

/** @param {Context} context @param {import('../../../index').RunInfo[]} recent - the newest first @param {boolean} isPart - there are more */
function timeline(context, recent, isPart) {
    const {jobManager, nowMs} = context;
    const shown = windowOf(context);
    const scale = new TimeScale(nowMs - shown.ms, nowMs + shown.ms * AHEAD, context.timezone);
    const rows = rowsOf(recent, scale);
    const coming = new Map();
    for (const {job, due} of jobManager.upcoming({from: nowMs, to: scale.toMs, limit: MOST_COMING})) {
        if (coming.has(job)) {
            coming.get(job).push(due.getTime());
        } else {
            coming.set(job, [due.getTime()]);
        }
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
    const isCut = isPart && recent.at(-1).queued > scale.fromMs;
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
                                    ${timelineRow({...row, due: coming.get(row.job) ?? []}, scale, {nowMs, urlOf})}
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
                ${rows.length > MOST_ROWS && html`${rows.length - MOST_ROWS} more jobs ran in this time. `}${isCut && html`Only the last ${count(recent.length)} runs are drawn. `}<a
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

/** Jobs that were active: those that run first, then those with a failed run, each by their last run. */
function rowsOf(recent, scale) {
    const jobs = new Map();
    for (const run of recent) {
        if (run.ended === undefined || run.ended.getTime() >= scale.fromMs) {
            const row = jobs.get(run.job) ?? {job: run.job, runs: [], rank: QUIET};
            jobs.set(run.job, row);
            row.runs.push(run);
            row.rank = Math.min(row.rank, rankOf(run));
        }
    }
    return [...jobs.values()].toSorted((one, other) => one.rank - other.rank);
}

const [LIVE, FAILED, QUIET] = [0, 1, 2];
const rankOf = ({ended, state}) => (ended === undefined ? LIVE : state === 'failed' ? FAILED : QUIET);

module.exports = {timeline};
