'use strict';

/** When a job is due in the next hours: a tick each, and a number where there are too many to tell apart. */

const {html} = require('../html');
const {plural} = require('../words');
const {gridLines} = require('./axis');
const {share} = require('./shapes');

const HEIGHT = 22;
/** More in a stretch than this are counted. */
const MOST_TICKS = 6;

/**
 * @param {string} job
 * @param {{times: number[], perMs?: number}} due - `perMs`: how many there are in a ms beyond the last one, if they go on
 * @param {import('./axis').TimeScale} scale
 * @param {number[]} edges - of the stretches that are counted by themselves
 */
function dueStrip(job, {times, perMs = 0}, scale, edges) {
    const stretches = edges
        .slice(0, -1)
        .map((fromMs, index) => ({fromMs, toMs: edges[index + 1], times: []}));
    let place = 0;
    for (const ms of times) {
        while (place < stretches.length && ms >= stretches[place].toMs) {
            place++;
        }
        stretches[place]?.times.push(ms);
    }
    const lastMs = times.at(-1) ?? scale.fromMs;
    let total = 0;
    const shapes = stretches.map(({fromMs, toMs, times: own}) => {
        const beyond = Math.round(perMs * Math.max(0, toMs - Math.max(fromMs, lastMs)));
        const count = own.length + beyond;
        total += count;
        return count <= MOST_TICKS && beyond === 0
            ? own.map((ms) => tick(scale.at(ms)))
            : block(scale.at(fromMs), scale.at(toMs), count);
    });
    const label = `${job}: due ${perMs > 0 ? 'about ' : ''}${plural(total, 'time')}`;
    return html`<svg class="strip" role="img" aria-label="${label}" width="100%" height="${HEIGHT}">
        <title>${label}</title>
        ${gridLines(scale)}${shapes}
    </svg>`;
}

const tick = (place) => {
    const x = share(place);
    return html`<line class="l-due" x1="${x}" x2="${x}" y1="4" y2="${HEIGHT - 4}" />`;
};

const block = (from, to, count) =>
    count > 0 &&
    html`<rect
            class="f-due"
            x="${share(from + 0.0008)}"
            y="4"
            width="${share(Math.max(0.002, to - from - 0.0016))}"
            height="${HEIGHT - 8}"
        /><text class="in-block" x="${share((from + to) / 2)}" y="15" text-anchor="middle"
            >${short(count)}</text
        >`;

/** '1440', '14k' */
const short = (count) => (count < 1_000 ? String(count) : `${Math.round(count / 1_000)}k`);

module.exports = {dueStrip};
