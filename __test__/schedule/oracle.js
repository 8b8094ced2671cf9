'use strict';

/**
 * The schedules of `@breejs/later`, and when they can be trusted.
 */

const later = require('@breejs/later');

/** From here on `later` counts a day too many: it takes 2100 for a leap year. */
const LAST_MS = Date.UTC(2100, 0);

/**
 * The due times of a parsed schedule strictly after `fromMs`, as far as `later` finds them in its bounded search.
 *
 * @param {object} parsed - what `later.parse` returns
 * @param {number} fromMs
 * @param {number} count
 * @returns {number[]}
 */
function laterRuns(parsed, fromMs, count) {
    // Asked from the middle of a piece of time it begins with that very instant, once for each alternative.
    const dates = later.schedule(parsed).next(count + parsed.schedules.length + 1, new Date(fromMs));
    return [dates]
        .flat()
        .filter((date) => date && date.getTime() > fromMs)
        .map((date) => date.getTime())
        .slice(0, count);
}

/**
 * Whether each due time keeps the conditions that `later` itself read from the text. Where a condition begins
 * within one of its pieces of time, or its search gives up, it returns others.
 */
function keepsItsConditions(parsed, runs) {
    return runs.every(
        (ms) =>
            parsed.schedules.some((conditions) => holds(conditions, ms)) &&
            !parsed.exceptions.some((conditions) => holds(conditions, ms))
    );
}

function holds(conditions, ms) {
    return Object.entries(conditions).every(([key, values]) => {
        const [unit, modifier] = key.split('_');
        const constraint = modifier ? later.modifier[modifier](later[unit], values) : later[unit];
        // A date of its own each time: `later` keeps what it has computed on the date.
        return modifier
            ? constraint.isValid(new Date(ms))
            : values.some((value) => constraint.isValid(new Date(ms), value));
    });
}

module.exports = {LAST_MS, later, laterRuns, keepsItsConditions};
