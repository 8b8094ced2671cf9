'use strict';

/** When jobs are due: asked for job by job, as many times as a page shows. */

/** Times asked for at first. A job that is due once a day is not asked for the next year. */
const FEW = 12;
const MORE = 6;

/**
 * @param {import('../../../index')} jobManager
 * @param {import('../../../index').JobInfo} job
 * @param {{fromMs?: number, untilMs?: number, most: number}} range - from the next one, if `fromMs` does not say
 * @returns {{times: number[], perMs?: number}} in ms since 1970; `perMs` if there are more than `most`: how many there are in
 *   a ms from the last one on
 */
function dueTimes(jobManager, {next, schedule}, {fromMs = 0, untilMs = Infinity, most}) {
    if (next === undefined || next.getTime() >= untilMs) {
        return {times: []};
    }
    const all = next.getTime() >= fromMs ? [next.getTime()] : [];
    if (schedule === undefined || schedule.at instanceof Date) {
        return {times: all};
    }
    for (let count = FEW; all.length <= most && !(all.at(-1) >= untilMs); count *= MORE) {
        const later = laterTimes(jobManager, schedule, all.at(-1) ?? fromMs - 1, Math.min(count, most));
        all.push(...later);
        if (later.length === 0) {
            break;
        }
    }
    const times = all.slice(0, most).filter((ms) => ms < untilMs);
    const goesOn = all.length > most && all[most] < untilMs;
    return goesOn ? {times, perMs: (most - 1) / Math.max(1, times.at(-1) - times[0])} : {times};
}

function laterTimes({constructor}, {at, timezone, dst}, from, count) {
    try {
        return constructor.nextRuns(at, {timezone, dst, from, count}).map(Number);
    } catch {
        // There are none.
        return [];
    }
}

module.exports = {dueTimes};
