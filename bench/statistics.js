'use strict';

/** What a series of measurements says. Pure functions; `null` stands for a measurement that came to no end. */

/**
 * @param {(number | null)[]} values at least one; `null` counts as larger than any number
 * @returns {number | null}
 */
function median(values) {
    const sorted = ascending(values);
    const middle = sorted.length / 2;
    if (sorted.length % 2 === 1) {
        return sorted[Math.floor(middle)];
    }
    const [low, high] = [sorted[middle - 1], sorted[middle]];
    return low === null || high === null ? null : (low + high) / 2;
}

/**
 * @param {(number | null)[]} values at least one
 * @param {number} fraction between 0 and 1: 0.99 for the 99th percentile
 * @returns {number | null} the smallest value that at least this fraction of the values does not exceed
 */
function percentile(values, fraction) {
    const sorted = ascending(values);
    return sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)];
}

/**
 * @param {(number | null)[]} values at least one
 * @returns {{median: number | null, min: number | null, max: number | null, count: number}}
 */
function summarize(values) {
    const sorted = ascending(values);
    return {median: median(values), min: sorted[0], max: sorted.at(-1), count: values.length};
}

/**
 * @returns {number | null} `ours` as a multiple of `baseline`; null when there is none
 */
function ratio(ours, baseline) {
    if (ours === null || ours === undefined || baseline === undefined || baseline === 0) {
        return null;
    }
    return baseline === null ? 0 : ours / baseline;
}

/**
 * Whether a goal is met.
 *
 * @param {{ratioAtMost?: number, ratioAtLeast?: number, atMost?: number, atLeast?: number} | undefined} goal bounds of
 *   the ratio to the baseline, or of our own number in the unit of the measurement
 * @param {{ours: number | null, ratio: number | null}} result
 * @returns {boolean | null} null without a goal, or without what it needs
 */
function isMet(goal, result) {
    if (!goal) {
        return null;
    }
    const bounds = [
        ['ratioAtMost', result.ratio, (value, bound) => value <= bound],
        ['ratioAtLeast', result.ratio, (value, bound) => value >= bound],
        ['atMost', result.ours, (value, bound) => value <= bound],
        ['atLeast', result.ours, (value, bound) => value >= bound]
    ].filter(([key]) => goal[key] !== undefined);
    if (bounds.some(([, value]) => value === null || value === undefined)) {
        return null;
    }
    return bounds.every(([key, value, holds]) => holds(value, goal[key]));
}

function ascending(values) {
    return values.toSorted((left, right) => (left ?? Infinity) - (right ?? Infinity));
}

module.exports = {isMet, median, percentile, ratio, summarize};
