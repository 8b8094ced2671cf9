'use strict';

/** Local times of a zone, for scales that begin at its full hours and days. */

const {HOUR_MS, MINUTE_MS, formatOf} = require('../words');

const PARTS = {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23'
};

/** By zone, of each quarter of an hour: no zone changes within one. @type {Map<string | undefined, Map<number, number>>} */
const zones = new Map();
const QUARTER_MS = 15 * MINUTE_MS;
const MOST_OFFSETS = 10_000;

/**
 * @param {number} ms - since 1970
 * @param {string} [timezone]
 * @returns {number} what the clocks there are ahead of UTC, in ms
 */
function offsetMs(ms, timezone) {
    const quarter = Math.floor(ms / QUARTER_MS) * QUARTER_MS;
    let offsets = zones.get(timezone);
    if (offsets === undefined) {
        offsets = new Map();
        zones.set(timezone, offsets);
    }
    let offset = offsets.get(quarter);
    if (offset === undefined) {
        const parts = Object.fromEntries(
            formatOf(timezone, PARTS)
                .formatToParts(quarter)
                .map(({type, value}) => [type, Number(value)])
        );
        const {year, month, day, hour, minute, second} = parts;
        offset = Date.UTC(year, month - 1, day, hour, minute, second) - quarter;
        if (offsets.size >= MOST_OFFSETS) {
            offsets.clear();
        }
        offsets.set(quarter, offset);
    }
    return offset;
}

/**
 * The times at which a clock of the zone is at a multiple of `stepMs` since midnight.
 *
 * @returns {number[]} from `fromMs`, before `toMs`
 */
function localSteps(fromMs, toMs, stepMs, timezone) {
    const steps = [];
    const offset = offsetMs(fromMs, timezone);
    for (let local = Math.ceil((fromMs + offset) / stepMs) * stepMs; local - offset < toMs; local += stepMs) {
        steps.push(local - offset);
    }
    return steps;
}

/** @returns {number} when the day began in the zone */
function startOfDay(ms, timezone) {
    const local = ms + offsetMs(ms, timezone);
    const midnight = Math.floor(local / (24 * HOUR_MS)) * 24 * HOUR_MS;
    const guess = midnight - offsetMs(ms, timezone);
    // The clocks may have changed since midnight.
    return midnight - offsetMs(guess, timezone);
}

module.exports = {localSteps, offsetMs, startOfDay};
