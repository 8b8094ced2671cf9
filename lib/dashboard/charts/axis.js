'use strict';

const {html} = require('../html');
const {HOUR_MS, MINUTE_MS, formatOf} = require('../words');
const {share} = require('./shapes');
const {localSteps} = require('./zone');

const STEPS = [5, 10, 15, 30, 60, 120, 180, 240, 360, 720].map((minutes) => minutes * MINUTE_MS);
const MOST_LABELS = 9;
const TIME = {hour: '2-digit', minute: '2-digit', hourCycle: 'h23'};
const HEIGHT = 18;

/** A stretch of time that is drawn from left to right. */
class TimeScale {
    /** @param {number} fromMs @param {number} toMs @param {string} [timezone] */
    constructor(fromMs, toMs, timezone) {
        this.fromMs = fromMs;
        this.toMs = toMs;
        this.timezone = timezone;
        this.spanMs = toMs - fromMs;
    }

    /** @param {number} ms @returns {number} 0 at the left, 1 at the right, and nothing beyond */
    at(ms) {
        return Math.min(1, Math.max(0, (ms - this.fromMs) / this.spanMs));
    }

    /** @returns {number[]} round times of the zone */
    steps() {
        const stepMs = STEPS.find((step) => this.spanMs / step <= MOST_LABELS) ?? 24 * HOUR_MS;
        return localSteps(this.fromMs, this.toMs, stepMs, this.timezone);
    }
}

/**
 * @param {TimeScale} scale
 * @param {number} [nowMs] - marked, if it is within
 */
function timeAxis(scale, nowMs) {
    const format = formatOf(scale.timezone, TIME);
    const isWithin = nowMs > scale.fromMs + scale.spanMs * 0.01 && nowMs < scale.toMs;
    const now = isWithin ? scale.at(nowMs) : undefined;
    const labels = scale.steps().filter((ms) => {
        const place = scale.at(ms);
        return place > 0.02 && place < 0.98 && (now === undefined || Math.abs(place - now) > 0.05);
    });
    return html`<svg class="axis" width="100%" height="${HEIGHT}" aria-hidden="true">
        ${labels.map(
            (ms, index) =>
                html`<text${index % 2 === 1 && html` class="odd"`} x="${share(scale.at(ms))}" y="12" text-anchor="middle">${format.format(ms)}</text>`
        )}${now !== undefined && html`<text class="now" x="${share(now)}" y="12" text-anchor="middle">now</text>`}
    </svg>`;
}

/** The lines of the steps, and of now, behind what is drawn. @param {TimeScale} scale */
const gridLines = (scale, nowMs) => [
    scale.steps().map((ms) => line('grid', share(scale.at(ms)))),
    nowMs !== undefined && nowMs > scale.fromMs && nowMs < scale.toMs && line('now', share(scale.at(nowMs)))
];

const line = (look, x) => html`<line class="${look}" x1="${x}" x2="${x}" y1="0" y2="100%" />`;

module.exports = {TimeScale, gridLines, timeAxis};
