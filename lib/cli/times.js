'use strict';

/** How times and durations are printed, and read. */

const {usage} = require('./failure');

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS = {ms: 1, s: SECOND, m: MINUTE, min: MINUTE, h: HOUR, d: DAY};

/** In this order: the first that has a short name for a zone is taken ("EST" is American, "BST" British, "IST" Indian). */
const LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-CA', 'en-IN', 'en-ZA', 'en-NZ'];

const formats = new Map();

function format(locale, timezone) {
    const key = `${locale} ${timezone}`;
    if (!formats.has(key)) {
        const options = {
            timeZone: timezone,
            weekday: 'short',
            year: 'numeric',
            month: '2-digit',
            day: '2-digit',
            hour: '2-digit',
            minute: '2-digit',
            second: '2-digit',
            hourCycle: 'h23',
            timeZoneName: 'short'
        };
        formats.set(key, new Intl.DateTimeFormat(locale, options));
    }
    return formats.get(key);
}

const partsOf = (date, locale, timezone) =>
    Object.fromEntries(
        format(locale, timezone)
            .formatToParts(date)
            .map(({type, value}) => [type, value])
    );

/** The short name of a zone at a time, such as `GMT`, `CET`, `EST`, or `GMT+5:30` where it has none. */
function zoneName(date, timezone) {
    const names = LOCALES.map((locale) => partsOf(date, locale, timezone).timeZoneName);
    return names.find((name) => !/^(?:GMT|UTC)[+-]/.test(name)) ?? names[0];
}

/**
 * @param {Date} date
 * @param {{timezone?: string, seconds?: boolean}} [options] - default: the zone of this machine, to the minute
 * @returns {string} such as `Sat 2026-11-28 20:45 GMT`
 */
function formatTime(date, {timezone, seconds = false} = {}) {
    const {weekday, year, month, day, hour, minute, second} = partsOf(date, 'en-US', timezone);
    const clock = seconds ? `${hour}:${minute}:${second}` : `${hour}:${minute}`;
    return `${weekday} ${year}-${month}-${day} ${clock} ${zoneName(date, timezone)}`;
}

/** A wait, in the units that matter: `0.4 s`, `12 s`, `5 min`, `5h 50m`, `3d 4h`. */
function formatLeft(ms) {
    if (ms < MINUTE) {
        return ms < 9_950 && ms % SECOND !== 0
            ? `${(ms / SECOND).toFixed(1)} s`
            : `${Math.round(ms / SECOND)} s`;
    }
    const minutes = Math.round(ms / MINUTE);
    if (minutes < 60) {
        return `${minutes} min`;
    }
    const hours = Math.floor(minutes / 60);
    return hours < 48
        ? `${hours}h ${String(minutes % 60).padStart(2, '0')}m`
        : `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/** How long something took: `4 ms`, `0.4 s`, `41.0 s`, `3 min 20 s`, `5h 50m`. */
function formatTook(ms) {
    if (ms < 100) {
        return `${Math.round(ms)} ms`;
    }
    if (ms < 99_950) {
        return `${(ms / SECOND).toFixed(1)} s`;
    }
    const seconds = Math.round(ms / SECOND);
    return seconds < 3_600 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s` : formatLeft(ms);
}

/** Bytes: `188 MB`. */
function formatBytes(bytes) {
    const megabytes = bytes / 1e6;
    return megabytes >= 1_000
        ? `${(megabytes / 1_000).toFixed(1)} GB`
        : `${megabytes.toFixed(megabytes < 10 ? 1 : 0)} MB`;
}

/**
 * @param {string} text - such as `500ms`, `10s`, `1.5h`
 * @param {string} option - that it was given to
 * @returns {number} ms
 * @throws {import('./failure').Failure}
 */
function parseDuration(text, option) {
    const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(text.trim().toLowerCase()) ?? [];
    if (number === undefined || (unit !== '' && UNITS[unit] === undefined)) {
        throw usage(`${option} must be a time such as 500ms, 10s, 5m or 1.5h, got "${text}"`);
    }
    if (unit === '' && Number(number) !== 0) {
        throw usage(`${option} needs a unit: ${number}ms, ${number}s, ${number}m or ${number}h`);
    }
    return Math.round(Number(number) * (UNITS[unit] ?? 0));
}

module.exports = {formatBytes, formatLeft, formatTime, formatTook, parseDuration};
