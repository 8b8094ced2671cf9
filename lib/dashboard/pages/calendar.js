'use strict';

const {setImmediate: nextTurn} = require('node:timers/promises');
const {startOfDay} = require('../charts/zone');
const {WeekLoad} = require('../charts/week-load');
const {weekGrid} = require('../charts/week-grid');
const {html} = require('../html');
const {DAY_MS, count, formatOf, plural} = require('../words');
const {card, empty, layout} = require('../parts/layout');

/** @typedef {import('../parts/context').Context} Context */

const DAYS = 7;
/** Due times that are asked for at once: a millisecond or two. */
const PER_TURN = 10_000;
/** Due times that a week may have; the rest is not counted. */
const MOST = 150_000;
const MOST_CLASHES = 20;
const NAMES_OF_A_CLASH = 6;
const WEEKS_AHEAD = 52;
const MONTH_AND_DAY = {day: 'numeric', month: 'short', year: 'numeric'};
const MOMENT = {weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23'};

/** @param {Context} context */
async function calendar(context) {
    const {nowMs, timezone} = context;
    const week = weekOf(context.query);
    const firstDay = startOfDay(nowMs + week * DAYS * DAY_MS, timezone);
    // In the middle of a day, so that a change of the clocks moves none of them.
    const days = Array.from({length: DAYS + 1}, (_, index) => startOfDay(firstDay + (index + 0.5) * DAY_MS, timezone));
    const load = await readLoad(context, days);
    const range = `${day(days[0], timezone)} to ${day(days[DAYS] - 1, timezone)}`;
    return layout(
        context,
        {title: 'Calendar', section: 'calendar', events: {}, watch: 'jobs'},
        html`<div class="heading"><div><h1>Calendar</h1><p class="muted">${range}${html`, times of ${timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone}`}</p></div>
<nav class="pages" aria-label="Weeks">${week > 0 && html`<a class="button" href="${context.withQuery({week: week > 1 ? String(week - 1) : undefined})}">Week before</a>`}${
            week < WEEKS_AHEAD && html`<a class="button" href="${context.withQuery({week: String(week + 1)})}">Week after</a>`
        }</nav></div>
${load.total === 0 ? empty('Nothing is due this week', 'Jobs with an option "at" are due here. Paused jobs are not.') : content(context, load, days)}`
    );
}

function weekOf(query) {
    const week = Number(query.get('week') ?? 0);
    return Number.isInteger(week) && week >= 0 && week <= WEEKS_AHEAD ? week : 0;
}

const day = (ms, timezone) => formatOf(timezone, MONTH_AND_DAY).format(ms);

/** Reads the due times of the week, some thousand in each turn of the host's event loop. */
async function readLoad({jobManager, nowMs, timezone}, days) {
    const load = new WeekLoad(days, timezone);
    const toMs = days[DAYS];
    let fromMs = Math.max(nowMs, days[0]);
    while (load.total < MOST && fromMs < toMs) {
        const due = jobManager.upcoming({from: fromMs, to: toMs, limit: PER_TURN});
        const isWhole = due.length < PER_TURN;
        const lastMs = due.at(-1)?.due.getTime();
        // The jobs of the last moment may not all be there: they are read again, unless there is nothing else.
        const [firstMs] = [due[0]?.due.getTime()];
        const untilMs = isWhole || firstMs === lastMs ? Infinity : lastMs;
        for (const {job, due: at} of due) {
            if (at.getTime() < untilMs) {
                load.add(job, at.getTime());
            }
        }
        if (isWhole) {
            return load;
        }
        fromMs = untilMs === Infinity ? lastMs + 1 : lastMs;
        await nextTurn();
    }
    load.cutMs = fromMs < toMs ? fromMs : undefined;
    return load;
}

function content(context, load, days) {
    const {timezone} = context;
    const cut = load.cutMs !== undefined && html`<p class="note-line">Counted until ${context.clock(new Date(load.cutMs))}: there are more than ${count(load.total)} due times.</p>`;
    const clashes = load.clashes(MOST_CLASHES);
    return html`${cut}
${card('Due times by hour', {id: 'week', look: 'chart-card', aside: plural(load.total, 'due time')}, weekGrid(load, days, context))}
${card(
    'Clashes',
    {id: 'clashes'},
    clashes.length === 0
        ? empty('No two jobs are due at once', 'Jobs that are due in the same second compete for processors, and are listed here.')
        : html`<p class="more">Jobs that are due in the same second. Spread them if they are heavy.</p>
<table class="list plain"><caption class="spoken">Times at which several jobs are due</caption><thead><tr><th scope="col">When</th><th scope="col" class="number">Jobs</th><th scope="col">Which</th></tr></thead>
<tbody>${clashes.map(
              ({ms, jobs, times}) =>
                  html`<tr><td>${formatOf(timezone, MOMENT).format(ms)}${times > 1 && html`<span class="under">and ${times - 1} more times this week</span>`}</td><td class="number"><b>${count(jobs.length)}</b></td><td class="names">${jobs
                      .slice(0, NAMES_OF_A_CLASH)
                      .map((name) => html`<span class="name-chip">${context.job(name)}</span> `)}${jobs.length > NAMES_OF_A_CLASH && html`<span class="muted">and ${jobs.length - NAMES_OF_A_CLASH} more</span>`}</td></tr>`
          )}</tbody></table>`
)}`;
}

module.exports = {calendar};
