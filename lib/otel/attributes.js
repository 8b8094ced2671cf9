'use strict';

/**
 * Names of attributes. Those of messaging, faas, process and error are of the semantic conventions 1.45, copied: the entry
 * point of that package which has them is not stable.
 */

/** Triggers of runs that a clock has begun. */
const BY_CLOCK = new Set(['schedule', 'date', 'missed']);

/** What spans and metrics have in common. @returns {import('@opentelemetry/api').Attributes} */
const common = ({job}) => ({
    'messaging.system.name': 'job-manager',
    'messaging.operation.name': 'run',
    'messaging.destination.name': job
});

/**
 * @param {object} attempt - as the channel tells it
 * @param {string | undefined} cron - its schedule
 * @returns {import('@opentelemetry/api').Attributes} of a span that begins
 */
function atStart(attempt, cron) {
    const {run, trigger} = attempt;
    return {
        ...common(attempt),
        'messaging.operation.type': 'process',
        'messaging.message.id': run,
        'faas.trigger': BY_CLOCK.has(trigger) ? 'timer' : undefined,
        'faas.cron': cron,
        'job_manager.attempt': attempt.attempt,
        'job_manager.kind': attempt.kind,
        'job_manager.trigger': trigger
    };
}

/** @returns {import('@opentelemetry/api').Attributes} of a span that ends */
const atEnd = (attempt) => ({
    'process.pid': attempt.pid,
    'process.exit.code': attempt.exitCode,
    'error.type': errorType(attempt),
    'job_manager.cause': causeOf(attempt)
});

/** @returns {import('@opentelemetry/api').Attributes} of a measurement */
const ofMeasurement = (attempt) => ({...common(attempt), 'error.type': errorType(attempt)});

function causeOf({cause, error}) {
    if (cause !== undefined) {
        return cause;
    }
    return error === undefined ? 'done' : codeOf(error) === 'JOB_TIMEOUT' ? 'timeout' : 'error';
}

function errorType({error}) {
    return error === undefined ? undefined : (codeOf(error) ?? nameOf(error));
}

/** A job may throw anything, also what cannot be read. */
function codeOf(error) {
    try {
        const {code} = error;
        return typeof code === 'string' || typeof code === 'number' ? String(code) : undefined;
    } catch {
        return undefined;
    }
}

function nameOf(error) {
    try {
        return typeof error.name === 'string' ? error.name : '_OTHER';
    } catch {
        return '_OTHER';
    }
}

module.exports = {atEnd, atStart, causeOf, common, ofMeasurement};
