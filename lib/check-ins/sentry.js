'use strict';

const {invalid} = require('../host/options');

const STATUSES = {completed: 'ok', failed: 'error'};
const MINUTE_MS = 60_000;
/** Lengths that an interval of the service can be counted in, the longest first. */
const UNITS = [
    ['day', 24 * 60 * MINUTE_MS],
    ['hour', 60 * MINUTE_MS],
    ['minute', MINUTE_MS]
];

/**
 * Sentry Crons, by `captureCheckIn` of the SDK that the host has. The monitor is made, or brought up to date, from the schedule of
 * the job, where a cron line of five fields or an interval of whole minutes can say it.
 *
 * @param {{captureCheckIn: Function}} Sentry - the SDK
 * @param {import('../check-ins').SentryOptions} options
 * @returns {import('../check-ins').CheckInService}
 * @throws {IncorrectUsageError} INVALID_OPTION
 */
function sentry(Sentry, {slug, ...config}) {
    if (typeof Sentry?.captureCheckIn !== 'function') {
        throw invalid(
            'sentry() takes the SDK of Sentry, which has a function "captureCheckIn", as its first argument'
        );
    }
    if (typeof slug !== 'string' || slug === '') {
        throw invalid(
            'The option "slug" of sentry() must be a string that is not empty: that of the monitor'
        );
    }
    /** By rid: what the SDK calls check-ins that have begun. */
    const begun = new Map();
    return {
        service: 'sentry',
        checkIn({kind, run, rid, job}) {
            if (run === undefined) {
                // A monitor can be muted in the service alone.
                return;
            }
            const monitor = monitorOf(job, config);
            if (kind === 'started') {
                const checkIn = {monitorSlug: slug, status: 'in_progress'};
                begun.set(rid, Sentry.captureCheckIn(checkIn, monitor));
                return;
            }
            const checkInId = begun.get(rid);
            begun.delete(rid);
            if (kind === 'cancelled') {
                return;
            }
            const duration = run.elapsedMs === undefined ? undefined : run.elapsedMs / 1_000;
            Sentry.captureCheckIn({checkInId, monitorSlug: slug, status: STATUSES[kind], duration}, monitor);
        }
    };
}

/** @returns {object | undefined} none for a schedule that the service does not understand: it drops such check-ins */
function monitorOf(job, config) {
    const schedule = scheduleOf(job?.schedule);
    if (schedule === undefined) {
        return undefined;
    }
    const {timeout} = job.options;
    return {
        schedule,
        timezone: job.schedule.timezone,
        maxRuntime: timeout === undefined ? undefined : Math.max(1, Math.ceil(timeout / MINUTE_MS)),
        ...config
    };
}

function scheduleOf({cron5, everyMs} = {}) {
    if (cron5 !== undefined) {
        return {type: 'crontab', value: cron5};
    }
    const [unit, length] = UNITS.find(([, ms]) => everyMs % ms === 0) ?? [];
    return unit && {type: 'interval', value: everyMs / length, unit};
}

module.exports = {sentry};
