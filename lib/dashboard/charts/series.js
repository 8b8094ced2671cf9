'use strict';

/** A number of each of the last runs, the newest at the right: how long they took, or the memory that they used. */

const {html} = require('../html');
const {niceSteps, share} = require('./shapes');

const HEIGHT = 132;
const TOP = 14;
const BOTTOM = 4;
const PLOT = HEIGHT - TOP - BOTTOM;
/** With more values than this each bar stands for several. */
const MOST_BARS = 100;
/** With a larger ratio of the largest value to the smallest one, the scale is logarithmic. */
const LINEAR_RATIO = 50;
const SMALLEST = 2;

/**
 * @typedef {object} Point
 * @property {number} value
 * @property {string} outcome
 * @property {boolean} [isPartial] - it grows
 */

/**
 * @param {object} chart
 * @param {string} chart.id - of this chart on the page
 * @param {string} chart.title
 * @param {Point[]} chart.points - the oldest first
 * @param {(value: number) => string} chart.format
 * @param {(most: number) => number[]} [chart.stepsOf]
 */
function seriesChart({id, title, points, format, stepsOf = niceSteps}) {
    const bars = barsOf(points);
    const values = bars.map(({value}) => value);
    const most = Math.max(...values);
    const least = Math.min(...values.filter((value) => value > 0));
    const isLog = least > 0 && most / least > LINEAR_RATIO;
    const place = isLog ? logPlace(least, most) : (value) => (most > 0 ? value / most : 0);
    const steps = isLog ? decades(least, most) : stepsOf(most);
    const perBar = Math.ceil(points.length / bars.length);
    const desc = `${points.length} runs, the newest at the right${perBar > 1 ? `, each bar the largest of ${perBar}` : ''}. From ${format(Math.min(...values))} to ${format(most)}${isLog ? ', on a logarithmic scale' : ''}.`;
    return html`<figure class="series">
        <figcaption>
            ${title}<small>${isLog && ' log scale'}${perBar > 1 && ` ${perBar} runs a bar`}</small>
        </figcaption>
        <svg role="img" aria-labelledby="${id}-t ${id}-d" width="100%" height="${HEIGHT}">
            <title id="${id}-t">${title}</title>
            <desc id="${id}-d">${desc}</desc>
            ${steps.map((step) => gridLine(TOP + PLOT * (1 - place(step))))}
            <line class="base" x1="0" x2="100%" y1="${HEIGHT - BOTTOM + 0.5}" y2="${HEIGHT - BOTTOM + 0.5}" />
            ${bars.map((bar, index) =>
                barShape(bar, {place, left: index / bars.length, width: 1 / bars.length})
            )}${steps.map((step) => label(TOP + PLOT * (1 - place(step)), format(step)))}
        </svg>
    </figure>`;
}

/** @param {Point[]} points */
function barsOf(points) {
    if (points.length <= MOST_BARS) {
        return points;
    }
    const size = Math.ceil(points.length / MOST_BARS);
    const bars = [];
    for (let from = 0; from < points.length; from += size) {
        bars.push(together(points.slice(from, from + size), size));
    }
    return bars;
}

/** Several runs as one bar: the largest value, the worst outcome. The newest bar may not be full yet. */
function together(points, size) {
    const worst = ['failed', 'running', 'cancelled'].find((outcome) =>
        points.some((point) => point.outcome === outcome)
    );
    return {
        value: Math.max(...points.map(({value}) => value)),
        outcome: worst ?? 'completed',
        isPartial: points.length < size || points.some(({isPartial}) => isPartial)
    };
}

function barShape({value, outcome, isPartial}, {place, left, width}) {
    const height = Math.max(SMALLEST, Math.min(1, place(value)) * PLOT);
    const top = HEIGHT - BOTTOM - height;
    const gap = width * 0.3;
    // Few bars would be planks.
    const shown = Math.min(width - gap, 0.022);
    const x = left + (width - shown) / 2;
    const look = isPartial
        ? `partial o-${outcome}`
        : outcome === 'cancelled'
          ? 'o-cancelled'
          : `f-${outcome}`;
    const bar = html`<rect
        class="${look}"
        x="${share(x)}"
        y="${top.toFixed(1)}"
        width="${share(shown)}"
        height="${height.toFixed(1)}"
    />`;
    return outcome === 'failed'
        ? [
              bar,
              html`<circle
                  class="f-failed"
                  cx="${share(x + shown / 2)}"
                  cy="${Math.max(4, top - 5).toFixed(1)}"
                  r="3"
              />`
          ]
        : bar;
}

const gridLine = (y) =>
    html`<line class="grid" x1="0" x2="100%" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}" />`;

/** Over the bars, with an edge around it. */
const label = (y, text) => html`<text class="scale" x="2" y="${(y - 3).toFixed(1)}">${text}</text>`;

/** The smallest value is seen above the ground. */
function logPlace(least, most) {
    const ground = Math.log10(least) - 0.3;
    const span = Math.log10(most) - ground;
    return (value) => (value > 0 ? Math.max(0, (Math.log10(value) - ground) / span) : 0);
}

function decades(least, most) {
    const first = Math.ceil(Math.log10(least));
    const last = Math.floor(Math.log10(most));
    const all = Array.from({length: Math.max(0, last - first + 1)}, (_, index) => 10 ** (first + index));
    const every = Math.ceil(all.length / 4);
    return all.filter((_, index) => index % every === 0);
}

module.exports = {seriesChart};
