'use strict';

const {setImmediate: nextTurn} = require('node:timers/promises');
const {startOfDay} = require('../charts/zone');
const {WeekLoad} = require('../charts/week-load');
const {weekGrid} = require('../charts/week-grid');
const {html} = require('../html');
const {DAY_MS, HOUR_MS, count, formatOf, plural} = require('../words');
const {dueTimes} = require('../parts/due-times');
const {card, empty, layout} = require('../parts/layout');

/** @typedef {import('../parts/context').Context} Context */

const DAYS = 7;
/** Jobs that are looked at in a turn of the event loop. */
const PER_TURN = 50;
const MOST_JOBS = 10_000;
/** A job that is due more often in the week, every 7.5 minutes, is due all the time. */
const MOST_OF_A_JOB = 1_344;
const MOST_STEADY = 30;
const MOST_CLASHES = 20;
const NAMES_OF_A_CLASH = 6;
const WEEKS_AHEAD = 52;
const MONTH_AND_DAY = {day: 'numeric', month: 'short', year: 'numeric'};
const MOMENT = {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23'
};

/** @param {Context} context */
async function calendar(context) {
    const {nowMs, timezone} = context;
    const week = weekOf(context.query);
    const firstDay = startOfDay(nowMs + week * DAYS * DAY_MS, timezone);
    // In the middle of a day, so that a change of the clocks moves none of them.
    const days = Array.from({length: DAYS + 1}, (_, index) =>
        startOfDay(firstDay + (index + 0.5) * DAY_MS, timezone)
    );
    const found = await readLoad(context, days);
    const range = `${day(days[0], timezone)} to ${day(days[DAYS] - 1, timezone)}`;
    return layout(
        context,
        {title: 'Calendar', section: 'calendar', events: {}, watch: 'jobs'},
        html`<div class="heading">
                <div>
                    <h1>Calendar</h1>
                    <p class="muted">
                        ${range}${html`, times of ${timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone}`}
                    </p>
                </div>
                <nav class="pages" aria-label="Weeks">
                    ${week > 0 && html`<a class="button" href="${context.withQuery({week: week > 1 ? String(week - 1) : undefined})}">Week before</a>`}${
                        week < WEEKS_AHEAD &&
                        html`<a class="button" href="${context.withQuery({week: String(week + 1)})}"
                            >Week after</a
                        >`
                    }
                </nav>
            </div>
            ${found.load.total + found.steady.length === 0 ? empty('Nothing is due this week', 'Jobs with an option "at" are due here. Paused jobs are not.') : content(context, found, days)}`
    );
}

function weekOf(query) {
    const week = Number(query.get('week') ?? 0);
    return Number.isInteger(week) && week >= 0 && week <= WEEKS_AHEAD ? week : 0;
}

const day = (ms, timezone) => formatOf(timezone, MONTH_AND_DAY).format(ms);

/**
 * Reads the due times of the week, those of some jobs in each turn of the host's event loop. Jobs that are due all the time are
 * listed beside it: among their due times those of the others are not seen.
 */
async function readLoad({jobManager, nowMs, timezone}, days) {
    const load = new WeekLoad(days, timezone);
    const steady = [];
    const fromMs = Math.max(nowMs, days[0]);
    let after;
    for (let seen = 0; seen < MOST_JOBS; seen += PER_TURN) {
        const jobs = jobManager.jobs({after, limit: PER_TURN});
        for (const job of jobs) {
            const due = dueTimes(jobManager, job, {fromMs, untilMs: days[DAYS], most: MOST_OF_A_JOB});
            if (due.perMs === undefined) {
                load.add(job.name, due.times);
            } else {
                steady.push({name: job.name, perHour: due.perMs * HOUR_MS});
            }
        }
        if (jobs.length < PER_TURN) {
            return {load, steady};
        }
        after = jobs.at(-1).name;
        await nextTurn();
    }
    return {load, steady, isCut: true};
}

function content(context, {load, steady, isCut}, days) {
    const about =
        steady.length > 0
            ? html`${plural(load.total, 'due time')}, without the jobs that are due all the time`
            : plural(load.total, 'due time');
    return html`${isCut && html`<p class="note-line">Only the first ${count(MOST_JOBS)} jobs are counted.</p>`}
    ${card('Due times by hour', {id: 'week', look: 'chart-card', aside: about}, weekGrid(load, days, context))}
    ${steady.length > 0 ? steadyCard(context, steady) : ''}
    ${card('Clashes', {id: 'clashes'}, clashesOf(context, load))}`;
}

function steadyCard(context, steady) {
    const perHour = steady.reduce((sum, each) => sum + each.perHour, 0);
    const shown = steady.toSorted((one, other) => other.perHour - one.perHour).slice(0, MOST_STEADY);
    return card(
        'Due all the time',
        {id: 'steady', aside: `about ${count(Math.round(perHour))} due times an hour`},
        html`<ul class="chips">
                ${shown.map(({name, perHour: own}) => html`<li>${context.job(name)}<span class="muted">${count(Math.round(own))} an hour</span></li>`)}
            </ul>
            ${
                steady.length > MOST_STEADY &&
                html`<p class="more">and ${steady.length - MOST_STEADY} more</p>`
            }`
    );
}

function clashesOf(context, load) {
    const clashes = load.clashes(MOST_CLASHES);
    if (clashes.length === 0) {
        return empty(
            'No two jobs are due at once',
            'Jobs that are due in the same second compete for processors, and are listed here.'
        );
    }
    const format = formatOf(context.timezone, MOMENT);
    return html`<p class="more">Jobs that are due in the same second. Spread them if they are heavy.</p>
        <table class="list plain">
            <caption class="spoken">
                Times at which several jobs are due
            </caption>
            <thead>
                <tr>
                    <th scope="col">When</th>
                    <th scope="col" class="number">Jobs</th>
                    <th scope="col">Which</th>
                </tr>
            </thead>
            <tbody>
                ${clashes.map(
                    ({ms, jobs, times}) =>
                        html`<tr>
                            <td>
                                ${format.format(ms)}${times > 1 && html`<span class="under">and ${plural(times - 1, 'more time')} this week</span>`}
                            </td>
                            <td class="number"><b>${count(jobs.length)}</b></td>
                            <td class="names">
                                ${jobs
                                    .slice(0, NAMES_OF_A_CLASH)
                                    .map(
                                        (name) => html`<span class="name-chip">${context.job(name)}</span> `
                                    )}${jobs.length > NAMES_OF_A_CLASH && html`<span class="muted">and ${count(jobs.length - NAMES_OF_A_CLASH)} more</span>`}
                            </td>
                        </tr>`
                )}
            </tbody>
        </table>`;
}

module.exports = {calendar};
