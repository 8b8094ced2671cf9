'use strict';

const {HOUR_MS, MINUTE_MS, SECOND_MS} = require('../words');
const {offsetMs} = require('./zone');

const HOURS = 24;
const PARTS = 6;
const PART_MS = 10 * MINUTE_MS;
/** Moments of which the jobs are remembered. */
const MOST_MOMENTS = 20_000;

/** How many due times the hours of a week have, and which jobs are due at once. */
class WeekLoad {
    #days;
    #timezone;
    /** By day, hour and ten minutes. */
    #parts = new Uint32Array(7 * HOURS * PARTS);
    /** Jobs by the second at which they are due. @type {Map<number, string[]>} */
    #moments = new Map();
    /** Due times that were added. */
    total = 0;
    /** Where the count ends, if that is before the end of the week. @type {number | undefined} */
    cutMs;

    /** @param {number[]} days - when each begins, and when the last one ends */
    constructor(days, timezone) {
        this.#days = days;
        this.#timezone = timezone;
    }

    /** @param {string} job @param {number} ms - in any order */
    add(job, ms) {
        const place = this.#placeOf(ms);
        if (place === undefined) {
            return;
        }
        this.total += 1;
        this.#parts[place] += 1;
        const second = Math.floor(ms / SECOND_MS) * SECOND_MS;
        const jobs = this.#moments.get(second);
        if (jobs !== undefined) {
            if (!jobs.includes(job)) {
                jobs.push(job);
            }
        } else if (this.#moments.size < MOST_MOMENTS) {
            this.#moments.set(second, [job]);
        }
    }

    #placeOf(ms) {
        const day = this.#days.findLastIndex((begin) => ms >= begin);
        if (day === -1 || day >= this.#days.length - 1) {
            return undefined;
        }
        // As the clocks of the zone show it: the hour that a change of them repeats counts twice.
        const local = ms + offsetMs(ms, this.#timezone);
        const ofDay = ((local % (HOURS * HOUR_MS)) + HOURS * HOUR_MS) % (HOURS * HOUR_MS);
        return (day * HOURS * HOUR_MS + ofDay) / PART_MS | 0;
    }

    /** @returns {number[]} of each ten minutes of an hour */
    hour(day, hour) {
        const from = (day * HOURS + hour) * PARTS;
        return Array.from(this.#parts.subarray(from, from + PARTS));
    }

    /** The most that ten minutes, and an hour, have. */
    most() {
        let hour = 0;
        for (let place = 0; place < this.#parts.length; place += PARTS) {
            hour = Math.max(hour, this.#parts.subarray(place, place + PARTS).reduce((sum, value) => sum + value, 0));
        }
        return {part: Math.max(...this.#parts), hour};
    }

    /**
     * Moments at which several jobs are due: those with the most jobs first. The same jobs that meet again are counted.
     *
     * @param {number} most
     * @returns {Array<{ms: number, jobs: string[], times: number}>}
     */
    clashes(most) {
        const known = new Map();
        for (const [ms, jobs] of this.#moments) {
            if (jobs.length > 1) {
                const key = jobs.toSorted().join('\n');
                const clash = known.get(key);
                if (clash === undefined) {
                    known.set(key, {ms, jobs, times: 1});
                } else {
                    clash.times += 1;
                    clash.ms = Math.min(clash.ms, ms);
                }
            }
        }
        return [...known.values()]
            .toSorted((one, other) => other.jobs.length - one.jobs.length || one.ms - other.ms)
            .slice(0, most);
    }
}

module.exports = {HOURS, WeekLoad};
