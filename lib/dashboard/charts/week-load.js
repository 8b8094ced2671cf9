'use strict';

const {MINUTE_MS, SECOND_MS} = require('../words');
const {offsetMs} = require('./zone');

const HOURS = 24;
const PARTS = 6;
const PART_MS = 10 * MINUTE_MS;
const PARTS_OF_DAY = HOURS * PARTS;
/** Moments of which the jobs are remembered. */
const MOST_MOMENTS = 20_000;
/** Clashes of more jobs are told apart by their number and two of the jobs. */
const MOST_NAMES_OF_A_KEY = 30;

/** How many due times the hours of a week have, and which jobs are due at once. */
class WeekLoad {
    #fromMs;
    /** By ten minutes since `#fromMs`: by day, hour and ten minutes of a clock there. @type {Int16Array} */
    #places;
    #parts = new Uint32Array(7 * PARTS_OF_DAY);
    /** Jobs by the second at which they are due. @type {Map<number, string[]>} */
    #moments = new Map();
    /** Due times that were added. */
    total = 0;

    /** @param {number[]} days - when each begins, and when the last one ends @param {string} [timezone] */
    constructor(days, timezone) {
        this.#fromMs = days[0];
        this.#places = Int16Array.from({length: Math.ceil((days.at(-1) - days[0]) / PART_MS)}, (_, index) => {
            const ms = days[0] + index * PART_MS;
            const day = days.findLastIndex((begin) => ms >= begin);
            const local = ms + offsetMs(ms, timezone);
            return day * PARTS_OF_DAY + (Math.floor(local / PART_MS) % PARTS_OF_DAY);
        });
    }

    /** @param {string} job @param {number[]} times - all of this job */
    add(job, times) {
        for (const ms of times) {
            const place = this.#places[Math.floor((ms - this.#fromMs) / PART_MS)];
            if (place !== undefined) {
                this.total += 1;
                this.#parts[place] += 1;
                this.#remember(job, Math.floor(ms / SECOND_MS) * SECOND_MS);
            }
        }
    }

    #remember(job, second) {
        const jobs = this.#moments.get(second);
        if (jobs === undefined) {
            if (this.#moments.size < MOST_MOMENTS) {
                this.#moments.set(second, [job]);
            }
        } else if (jobs.at(-1) !== job) {
            jobs.push(job);
        }
    }

    /** @returns {number[]} of each ten minutes of an hour */
    hour(day, hour) {
        const from = (day * HOURS + hour) * PARTS;
        return Array.from(this.#parts.subarray(from, from + PARTS));
    }

    /** What is much: the most that ten minutes have, and of hours the most, or twice what is usual if that is more. */
    much() {
        const hours = [];
        for (let place = 0; place < this.#parts.length; place += PARTS) {
            const hour = this.#parts.subarray(place, place + PARTS).reduce((sum, value) => sum + value, 0);
            if (hour > 0) {
                hours.push(hour);
            }
        }
        hours.sort((one, other) => one - other);
        const usual = hours[Math.floor(hours.length / 2)] ?? 0;
        return {part: Math.max(...this.#parts), hour: Math.max(hours.at(-1) ?? 0, 2 * usual)};
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
                const key = keyOf(jobs);
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

/** Jobs are always in the order in which they were added. */
const keyOf = (jobs) =>
    jobs.length <= MOST_NAMES_OF_A_KEY ? jobs.join('\n') : `${jobs.length}\n${jobs[0]}\n${jobs.at(-1)}`;

module.exports = {HOURS, WeekLoad};
