'use strict';

/**
 * What the charts are drawn with: presentation attributes, and classes for colours; no inline style, which the policy of the
 * pages forbids. Across, lengths are in percent, so that text keeps its form at every width.
 */

const {html} = require('../html');

/** @param {number} value of 1 @returns {string} in percent, short */
const share = (value) => `${round(value * 100)}%`;

const round = (value) => Math.round(value * 100) / 100;

/** How an outcome is drawn: by colour, and by its form. */
const OUTCOMES = ['completed', 'failed', 'cancelled'];

/** @returns {string} 'completed', 'failed', 'cancelled', or 'running' for a run that goes */
const outcomeOf = ({state}) =>
    OUTCOMES.includes(state) ? state : state === 'retrying' ? 'retrying' : 'running';

/** @param {import('../../../index').RunInfo[]} runs @returns {Record<string, number>} by outcome */
function countOutcomes(runs) {
    const counts = {};
    for (const run of runs) {
        const outcome = outcomeOf(run);
        counts[outcome] = (counts[outcome] ?? 0) + 1;
    }
    return counts;
}

/** @param {Record<string, number>} counts @returns {string} '12 completed, 1 failed' */
const spelledOut = (counts) =>
    Object.entries(counts)
        .map(([outcome, count]) => `${count} ${outcome}`)
        .join(', ');

/**
 * Steps of a scale that are easy to read.
 *
 * @param {number} most
 * @param {number} [wanted] - about how many
 * @returns {number[]} from the first above 0
 */
function niceSteps(most, wanted = 3) {
    if (!(most > 0)) {
        return [];
    }
    const rough = most / wanted;
    const magnitude = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((factor) => factor * magnitude).find((candidate) => candidate >= rough);
    return Array.from({length: Math.floor(most / step + 1e-9)}, (_, index) => step * (index + 1));
}

/** What a chart means. @param {Array<[string, string]>} entries - class and text */
const legend = (entries) =>
    html`<ul class="legend">
        ${entries.map(
            ([look, text]) =>
                html`<li>
                    <svg width="14" height="12" aria-hidden="true">${KEYS[look] ?? KEYS.completed}</svg
                    >${text}
                </li>`
        )}
    </ul>`;

const KEYS = {
    completed: html`<rect class="f-completed" x="1" y="2" width="12" height="8" />`,
    failed: html`<rect class="f-failed" x="1" y="4" width="12" height="5" /><rect
            class="f-failed"
            x="9"
            y="0"
            width="4"
            height="12"
        />`,
    cancelled: html`<rect class="o-cancelled" x="1.5" y="2.5" width="11" height="7" />`,
    running: html`<rect class="f-running" x="1" y="2" width="12" height="8" />`,
    waiting: html`<path class="l-waiting" d="M1 6h12" />`,
    retrying: html`<path class="l-retrying" d="M1 6h12" />`,
    due: html`<path class="l-due" d="M7 1v10" />`,
    boot: html`<rect class="f-boot" x="1" y="2" width="12" height="8" />`
};

module.exports = {OUTCOMES, countOutcomes, legend, niceSteps, outcomeOf, round, share, spelledOut};
