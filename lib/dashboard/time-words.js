'use strict';

/** Times and durations in plain English. Used by the pages and by the script in the browser. */

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Each with the next smaller one, which is shown beside it. */
const UNITS = [
    {ms: DAY_MS, name: 'd', next: {ms: HOUR_MS, name: 'h'}},
    {ms: HOUR_MS, name: 'h', next: {ms: MINUTE_MS, name: 'min'}},
    {ms: MINUTE_MS, name: 'min', next: {ms: SECOND_MS, name: 's'}}
];

/** A space that is not broken: a number stays beside its unit. */
const SPACE = '\u00a0';

/**
 * @param {number | undefined} ms
 * @returns {string} '0.4 ms' is '<1 ms', then '340 ms', '2.1 s', '41 s', '3 min 20 s', '2 h 5 min', '3 d 4 h'
 */
function duration(ms) {
    if (ms === undefined || Number.isNaN(ms)) {
        return '–';
    }
    if (ms < 1) {
        return ms <= 0 ? `0${SPACE}ms` : `<1${SPACE}ms`;
    }
    if (ms < 999.5) {
        return `${Math.round(ms)}${SPACE}ms`;
    }
    if (ms < 59_500) {
        const seconds = ms / SECOND_MS;
        return `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)}${SPACE}s`;
    }
    const unit = UNITS.find((candidate) => ms >= candidate.ms - candidate.next.ms / 2);
    const parts = Math.round(ms / unit.next.ms);
    const perUnit = unit.ms / unit.next.ms;
    const [whole, rest] = [Math.floor(parts / perUnit), parts % perUnit];
    const small = rest > 0 ? ` ${rest}${SPACE}${unit.next.name}` : '';
    return `${whole}${SPACE}${unit.name}${small}`;
}

/** As `duration`, of one unit only, as it is for something that changes while it is read. */
function roughly(ms) {
    if (ms < 59_500) {
        return `${Math.round(ms / SECOND_MS)}${SPACE}s`;
    }
    const [unitMs, name] =
        ms < 59.5 * MINUTE_MS ? [MINUTE_MS, 'min'] : ms < 47.5 * HOUR_MS ? [HOUR_MS, 'h'] : [DAY_MS, 'd'];
    return `${Math.round(ms / unitMs)}${SPACE}${name}`;
}

/**
 * @param {number} ms - since 1970
 * @param {number} nowMs
 * @returns {string} 'now', 'in 5 min', '12 s ago'
 */
function relative(ms, nowMs) {
    const difference = ms - nowMs;
    if (Math.abs(difference) < SECOND_MS) {
        return 'now';
    }
    return difference > 0 ? `in${SPACE}${roughly(difference)}` : `${roughly(-difference)}${SPACE}ago`;
}

/** Formats are costly to make. By their options, which are constants, and by zone. */
const formats = new Map();

const DAY = {weekday: 'short', day: 'numeric', month: 'short'};
const TIME = {hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23'};
const ANOTHER_DAY = {...DAY, ...TIME, second: undefined};
const DATE_AND_TIME = {...DAY, year: 'numeric', ...TIME, timeZoneName: 'short'};

/**
 * @param {string} [timezone] - an IANA name; default: of this machine
 * @param {Intl.DateTimeFormatOptions} [options] - a constant
 * @returns {Intl.DateTimeFormat} in English
 */
function formatOf(timezone, options = DATE_AND_TIME) {
    if (!formats.has(options)) {
        formats.set(options, new Map());
    }
    const zones = formats.get(options);
    if (!zones.has(timezone)) {
        zones.set(timezone, new Intl.DateTimeFormat('en-GB', {...options, timeZone: timezone}));
    }
    return zones.get(timezone);
}

/** @returns {string} 'Sat, 28 Nov 2026, 20:45:00 GMT' */
const absolute = (date, timezone) => formatOf(timezone).format(date);

/** @returns {string} '20:45:00', or 'Sat 28 Nov, 20:45' of another day */
function clock(date, nowMs, timezone) {
    const day = (ms) => formatOf(timezone, DAY).format(ms);
    // Formatting takes a microsecond.
    const isToday = Math.abs(date - nowMs) < DAY_MS && day(date) === day(nowMs);
    return formatOf(timezone, isToday ? TIME : ANOTHER_DAY).format(date);
}

module.exports = {
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    SECOND_MS,
    SPACE,
    absolute,
    clock,
    duration,
    formatOf,
    relative
};
