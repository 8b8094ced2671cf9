'use strict';

/** A week by days and hours: the number of due times in each hour, shaded, with the load of each ten minutes below it. */

const {html} = require('../html');
const {HOUR_MS, count, formatOf, plural} = require('../words');
const {HOURS} = require('./week-load');

const PARTS = 6;
const HEIGHT = 10;
const DAY = {weekday: 'short', day: 'numeric'};
const SHADES = 5;

/**
 * @param {import('./week-load').WeekLoad} load
 * @param {number[]} days
 * @param {{nowMs: number, timezone?: string}} context
 */
function weekGrid(load, days, {nowMs, timezone}) {
    const much = load.much();
    const isPast = (day, hour) => days[day] + (hour + 1) * HOUR_MS <= nowMs;
    const heads = days.slice(0, -1).map((ms) => {
        const isToday = nowMs >= ms && nowMs < ms + HOURS * HOUR_MS;
        return html`<th scope="col" ${isToday && html` class="today"`}>
            ${formatOf(timezone, DAY).format(ms)}
        </th>`;
    });
    const rows = Array.from({length: HOURS}, (_, hour) => {
        const cells = days
            .slice(0, -1)
            .map((_begin, day) => cell(load.hour(day, hour), much, isPast(day, hour)));
        return html`<tr>
            <th scope="row">${String(hour).padStart(2, '0')}</th>
            ${cells}
        </tr>`;
    });
    return html`<table class="week">
        <caption class="spoken">
            Due times by day and hour. The bars are the load of each ten minutes.
        </caption>
        <thead>
            <tr>
                <th scope="col"><span class="spoken">Hour</span></th>
                ${heads}
            </tr>
        </thead>
        <tbody>
            ${rows}
        </tbody>
    </table>`;
}

function cell(parts, much, isPast) {
    const total = parts.reduce((sum, value) => sum + value, 0);
    if (total === 0) {
        return html`<td class="${isPast ? 'past' : 's0'}"></td>`;
    }
    const shade = Math.max(1, Math.ceil((total / much.hour) * SHADES));
    const bars = parts
        .map((value, index) => {
            const height = value === 0 ? 0 : Math.max(2, Math.round(Math.sqrt(value / much.part) * HEIGHT));
            return height > 0 ? `M${index * 4} ${HEIGHT - height}h3v${height}h-3z` : '';
        })
        .join('');
    return html`<td class="s${shade}" title="${plural(total, 'due time')}">
        ${short(total)}<svg
            viewBox="0 0 ${PARTS * 4 - 1} ${HEIGHT}"
            preserveAspectRatio="none"
            width="100%"
            height="${HEIGHT}"
            aria-hidden="true"
        >
            <path d="${bars}" />
        </svg>
    </td>`;
}

const short = (value) => (value < 10_000 ? count(value) : `${Math.round(value / 1_000)}k`);

module.exports = {weekGrid};
