'use strict';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * The log line about a system clock that was set back.
 *
 * @param {{stepMs: number, jobs: number, repeatsNothing: boolean}} event - see `ClockSetBack` in src/engine/event.rs
 */
function clockLine({stepMs, jobs, repeatsNothing}) {
    const count = jobs === 1 ? 'one recurring job is' : `${jobs} recurring jobs are`;
    const consequence = repeatsNothing
        ? 'At fixed times, such as every day at 3:00, no time at which a job has run comes again'
        : 'The clock was wrong by more than 3 h, so times at which a job has run come again';
    return `The system clock was set back by ${inWords(stepMs)}: ${count} scheduled anew from the new time. ${consequence}`;
}

/** For steps of more than a minute. */
function inWords(ms) {
    const minutes = Math.round(ms / MINUTE_MS);
    const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
    if (ms < 2 * MINUTE_MS) {
        return `${Math.round(ms / 1000)} s`;
    }
    if (ms < HOUR_MS) {
        return `${minutes} min`;
    }
    return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
}

module.exports = {clockLine};
