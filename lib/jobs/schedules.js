'use strict';

/**
 * Parses the `at` of a job, and describes the error in one that is invalid.
 */

const {types} = require('node:util');
const {incorrectUsage} = require('../host/errors');
const {createLogger} = require('../host/logging');
const {OptionChecker} = require('../host/options');
const {NEXT_RUNS} = require('./option-tables');
const native = require('../native/native');

/** Matches text with six fields: shown as `cron` instead of `interval` in `bree.config.jobs`. */
const CRON_LIKE = /^\s*(@|\S+\s+\S+\s+\S+\s+\S+\s+\S+(\s+\S+)?\s*$)/;
const DEFAULT_COUNT = 5;
const checker = new OptionChecker(createLogger());
/** The array that the native side fills with due times, in ms. Shared by all calls: allocating it costs more than computing them. */
let foundMs = new Float64Array(DEFAULT_COUNT);

/**
 * @typedef {object} When
 * @property {'now' | 'date' | 'schedule'} kind
 * @property {number} [atMs]
 * @property {string} [schedule]
 * @property {{timezone?: string, dst?: string}} [scheduleOptions]
 */

/**
 * @param {undefined | Date | string} at
 * @param {{timezone?: string, dst?: string}} [options]
 * @returns {When}
 * @throws {IncorrectUsageError} if `at` is none of these
 */
function parseAt(at, {timezone, dst} = {}) {
    if (at === undefined) {
        return {kind: 'now'};
    }
    if (types.isDate(at) && !Number.isNaN(at.getTime())) {
        return {kind: 'date', atMs: at.getTime()};
    }
    if (typeof at !== 'string') {
        throw invalidSchedule(at);
    }
    const scheduleOptions = timezone === undefined && dst === undefined ? undefined : {timezone, dst};
    return {kind: 'schedule', schedule: at, scheduleOptions};
}

/**
 * @param {When} when
 * @param {number} fromMs - exclusive
 * @param {number} anchorMs - what plain intervals count from
 * @returns {number | undefined} the first due time after `fromMs`
 * @throws {IncorrectUsageError} for a schedule that cannot be understood
 */
function nextDue(when, fromMs, anchorMs) {
    return findDue(when, fromMs, anchorMs, 1) === 1 ? foundMs[0] : undefined;
}

/** Writes up to `count` due times into `foundMs`; returns how many there are. */
function findDue(when, fromMs, anchorMs, count) {
    if (foundMs.length < count) {
        foundMs = new Float64Array(count);
    }
    if (when.kind === 'schedule') {
        return understood(when.schedule, () =>
            native.nextRuns(when.schedule, fromMs, anchorMs, count, foundMs, when.scheduleOptions)
        );
    }
    foundMs[0] = when.atMs;
    return when.kind === 'date' && when.atMs > fromMs && count > 0 ? 1 : 0;
}

/** Calls a function that parses a schedule; its errors become the documented one. */
function understood(schedule, call) {
    try {
        return call();
    } catch (error) {
        throw native.explainSchedule(schedule) ? invalidSchedule(schedule) : badOption(error);
    }
}

/** The error for a schedule that is understood, and cannot be read with these options. */
function badOption({code, message}) {
    return incorrectUsage({message: message[0].toUpperCase() + message.slice(1), code});
}

/**
 * The error for an invalid `at`: `context` quotes the faulty part, `help` says what to write instead.
 */
function invalidSchedule(at) {
    const problem = typeof at === 'string' ? native.explainSchedule(at) : undefined;
    return incorrectUsage({
        message: 'Invalid schedule format',
        code: problem?.code ?? 'SCHEDULE_INVALID',
        context: problem ? pointAt(at, problem) : `"at" is ${String(at)}`,
        help: problem
            ? adviceOn(problem)
            : 'Give a Date, a cron line with seconds first, or words such as "every 5 minutes".',
        err: undefined
    });
}

/** The reason, the faulty part of the schedule, and the whole schedule. */
function pointAt(at, {message, start, end}) {
    const words = at.slice(start, end);
    return words === '' || words === at ? `${message}, in "${at}"` : `${message}: "${words}", in "${at}"`;
}

function adviceOn({expected, suggestion}) {
    const advice = [];
    if (suggestion) {
        advice.push(`Did you mean "${suggestion}"?`);
    }
    if (expected.length > 0) {
        advice.push(`Expected ${expected.join(', ')}.`);
    }
    return advice.join(' ') || 'See docs/schedules.md for every form.';
}

/** The error for an `at` that is understood and names no time that exists. */
function neverDue(at) {
    return incorrectUsage({
        message: `The schedule "${at}" never falls due: ${native.neverDueReason(at)}`,
        code: 'SCHEDULE_NEVER_DUE',
        context: native.describeSchedule(at),
        help: 'See docs/schedules.md for every form.'
    });
}

/** Whether a schedule, which has no due time any more, never had one. */
function isNeverDue(at) {
    return typeof native.neverDueReason(at) === 'string';
}

/**
 * The next due times of a job with this `at`.
 *
 * @param {Date | string} at
 * @param {{from?: Date | number, count?: number, timezone?: string, dst?: 'upstream'}} [options] -
 *   `from` (now) is exclusive, and plain intervals count from it; `count` is 5
 * @returns {Date[]} earliest first; fewer than `count` when there are no more
 */
function nextRuns(at, options = {}) {
    checker.check(NEXT_RUNS, options);
    const {from = Date.now(), count = DEFAULT_COUNT, timezone, dst} = options;
    const fromMs = Number(from);
    const when = parseAt(at, {timezone, dst});
    const found = findDue(
        when.kind === 'now' ? {kind: 'date', atMs: fromMs + 1} : when,
        fromMs,
        fromMs,
        count
    );
    const dates = [];
    for (let index = 0; index < found; index += 1) {
        dates.push(new Date(foundMs[index]));
    }
    return dates;
}

/**
 * Describes a schedule in plain English, so that a host can show how it was understood.
 *
 * @param {Date | string} at
 * @returns {string}
 */
function describeSchedule(at) {
    const when = parseAt(at);
    if (when.kind === 'schedule') {
        return understood(at, () => native.describeSchedule(at));
    }
    return when.kind === 'date' ? `once, at ${new Date(when.atMs).toISOString()}` : 'once, now';
}

/**
 * A schedule as other services write it.
 *
 * @param {string} at - a schedule that is understood
 * @returns {{cron5?: string, everyMs?: number}}
 */
const equivalentsOf = (at) => native.scheduleEquivalents(at);

module.exports = {
    CRON_LIKE,
    equivalentsOf,
    parseAt,
    nextDue,
    neverDue,
    isNeverDue,
    nextRuns,
    describeSchedule
};
