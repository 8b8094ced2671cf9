'use strict';

/** What the host is shown of a job. */

const {hostTimeZone} = require('../host/time-zone');
const {describeSchedule, equivalentsOf} = require('../jobs/schedules');

/** Options that are shown; never data, the environment or arguments. */
const SHOWN = [
    'attempts',
    'backoff',
    'retryOn',
    'giveUpAfter',
    'timeout',
    'stallAfter',
    'warnAfter',
    'overlap',
    'concurrency',
    'queue',
    'priority',
    'nice',
    'maxWaiting',
    'reuse',
    'memoryLimitMb',
    'gracePeriod',
    'missed',
    'startDeadline',
    'history',
    'keepResult',
    'output',
    'outputLimit',
    'pauseAfterFailures',
    'unref'
];

const NO_TOTALS = Object.freeze({completed: 0, failed: 0, cancelled: 0, retries: 0});

/**
 * @param {object} row - what the native side knows of the job
 * @param {import('../jobs/registered-jobs').RegisteredJob | undefined} registered
 * @param {import('../../index').RunInfo} [last] - its last run
 * @returns {import('../../index').JobInfo} frozen
 */
function jobInfo(row, registered, last) {
    const {job = {}, when, isInline, isOneOff = false, totals = NO_TOTALS} = registered ?? {};
    const {completed, failed, cancelled, retries} = totals;
    return Object.freeze({
        name: row.name,
        kind: isInline ? 'inline' : 'offloaded',
        state: row.state,
        description: job.description,
        tags: Object.freeze([...(job.tags ?? [])]),
        source: typeof job.job === 'function' ? 'function' : String(job.job),
        schedule: scheduleOf(when, job),
        next: date(row.dueMs),
        retryAt: date(row.retryAtMs),
        paused: pauseOf(row),
        running: row.running,
        waiting: row.waiting,
        last,
        lastSuccess: date(totals.lastSuccessMs),
        lastFailure: date(totals.lastFailureMs),
        failuresInARow: row.failuresInARow,
        totals: Object.freeze({
            completed,
            failed,
            cancelled,
            retries,
            skipped: Object.freeze(row.skipped)
        }),
        options: Object.freeze(optionsOf(job)),
        oneOff: isOneOff
    });
}

/** By the `when` of a registered job: describing one takes long. @type {WeakMap<object, {zone: string, shown?: object}>} */
const schedules = new WeakMap();

function scheduleOf(when, job) {
    if (when === undefined) {
        return undefined;
    }
    const zone = hostTimeZone();
    let known = schedules.get(when);
    if (known?.zone !== zone) {
        known = {zone, shown: describe(when, job, zone)};
        schedules.set(when, known);
    }
    return known.shown;
}

function describe(when, {at}, zone) {
    if (when.kind === 'date') {
        return Object.freeze({at, text: `once, at ${new Date(when.atMs).toISOString()}`, timezone: 'UTC'});
    }
    if (when.kind !== 'schedule') {
        return undefined;
    }
    const {timezone = zone, dst} = when.scheduleOptions ?? {};
    const options = dst === undefined ? {timezone} : {timezone, dst};
    return Object.freeze({at, text: describeSchedule(at), ...options, ...equivalentsOf(at)});
}

function pauseOf({pausedSinceMs, pausedBy, pauseNote: note}) {
    return pausedSinceMs === undefined
        ? undefined
        : Object.freeze({since: new Date(pausedSinceMs), by: pausedBy, note});
}

function optionsOf(job) {
    const given = SHOWN.filter((name) => job[name] !== undefined);
    return Object.fromEntries(
        given.map((name) => [name, typeof job[name] === 'function' ? 'function' : structuredClone(job[name])])
    );
}

const date = (ms) => (ms === undefined ? undefined : new Date(ms));

module.exports = {jobInfo};
