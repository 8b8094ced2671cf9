'use strict';

/** The last runs of a job in a cell of a table: a bar each, as high as it took long, the newest at the right. */

const {html} = require('../html');
const {duration} = require('../words');
const {countOutcomes, outcomeOf, spelledOut} = require('./shapes');

const BAR = 4;
const GAP = 1;
const HEIGHT = 22;
const SMALLEST = 3;
/** Height of the head of a bar of a failed run. */
const HEAD = 4;

/**
 * @param {import('../../../index').RunInfo[]} runs - the newest first
 * @param {number} most - runs that there is room for
 * @param {number} nowMs
 */
function lastRunsChart(runs, most, nowMs) {
    const shown = runs.slice(0, most).toReversed();
    const tooks = shown.map((run) => tookOf(run, nowMs));
    const longest = Math.max(1, ...tooks);
    const paths = {};
    for (const [index, run] of shown.entries()) {
        // The square root: a run of a second is still seen beside one of a minute.
        const height = Math.max(SMALLEST, Math.round(Math.sqrt(tooks[index] / longest) * (HEIGHT - HEAD)));
        const left = (most - shown.length + index) * (BAR + GAP);
        const outcome = outcomeOf(run);
        paths[outcome] = (paths[outcome] ?? '') + barOf(outcome, left, height);
    }
    const width = most * (BAR + GAP);
    const label = `Last ${shown.length}: ${spelledOut(countOutcomes(shown))}; the longest took ${duration(longest)}`;
    return html`<svg class="last-runs" role="img" aria-label="${label}" width="${width}" height="${HEIGHT}">
        <title>${label}</title>
        ${Object.entries(paths).map(([outcome, path]) => html`<path class="b-${outcome}" d="${path}" />`)}
    </svg>`;
}

/** A bar of a failed run has a head, that of a cancelled one is hollow. */
function barOf(outcome, left, height) {
    const top = HEIGHT - height;
    if (outcome === 'cancelled') {
        return `M${left + 0.5} ${top + 0.5}h${BAR - 1}v${height - 1}h${1 - BAR}z`;
    }
    const bar = `M${left} ${top}h${BAR}v${height}h${-BAR}z`;
    return outcome === 'failed'
        ? `${bar}M${left + BAR / 2} ${top - HEAD}l${BAR / 2} ${HEAD - 1}h${-BAR}z`
        : bar;
}

/** @returns {number} in ms; so far, of a run that goes */
function tookOf({elapsedMs, started, ended}, nowMs) {
    return (
        elapsedMs ??
        (started === undefined ? 0 : Math.max(0, (ended?.getTime() ?? nowMs) - started.getTime()))
    );
}

module.exports = {lastRunsChart, tookOf};
