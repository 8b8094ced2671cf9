'use strict';

/** Converts a job's options for retries to those of the native side. */

const {describeValue} = require('../host/describe-value');
const {invalid} = require('../host/options');

const DEFAULTS = Object.freeze({delay: 10_000, factor: 2, max: 600_000, jitter: 0.5});

/** Ends of an attempt that may be worth another one. */
const CAUSES = Object.freeze(['error', 'exit', 'signal', 'timeout', 'memory', 'start', 'channel', 'stalled']);
/** Ends that never are. */
const NEVER = {
    cancelled: 'a run that was cancelled is never tried again',
    terminated: 'a run that worker.terminate() has ended is never tried again'
};

/**
 * @param {{name?: string, attempts?: number, backoff?: unknown, retryOn?: string[], giveUpAfter?: number}} job - its
 *   options, of the right kinds
 * @returns {import('../native/binding').RetryOptions | undefined} undefined for a job whose runs are tried once
 * @throws {IncorrectUsageError} INVALID_OPTION
 */
function retryOptions(job) {
    const policy = retryPolicy(job);
    return policy?.attempts > 1 ? policy : undefined;
}

/**
 * As `retryOptions`, also for a job whose runs are tried once: `runJob` may ask for a run that is tried more often.
 *
 * @returns {import('../native/binding').RetryOptions | undefined} undefined for a job that says nothing of other attempts
 */
function retryPolicy(job) {
    const {attempts, backoff, retryOn, giveUpAfter} = job;
    if (attempts === undefined && backoff === undefined && retryOn === undefined) {
        return undefined;
    }
    const rule = backoffRule(backoff, job);
    const causes = causesOf(retryOn, job);
    const tries = attempts ?? (rule.delaysMs && Array.isArray(backoff) ? backoff.length + 1 : 1);
    return {attempts: tries, ...rule, retryOn: causes, giveUpAfterMs: giveUpAfter};
}

function backoffRule(backoff, job) {
    if (typeof backoff === 'function') {
        return {isAsked: true};
    }
    if (typeof backoff === 'number' || Array.isArray(backoff)) {
        return {delaysMs: [backoff].flat()};
    }
    return {curve: curveOf(backoff ?? {}, job)};
}

function curveOf({type = 'exponential', delay = DEFAULTS.delay, factor, max, jitter}, job) {
    const isFixed = type === 'fixed';
    if (isFixed && factor !== undefined) {
        throw wrong(
            'backoff',
            job,
            'has a "factor", which is for type: "exponential": a fixed delay does not grow'
        );
    }
    if (max !== undefined && max < delay && job.backoff.delay === delay) {
        throw wrong('backoff', job, `has a "max" of ${max} ms that is less than its "delay" of ${delay} ms`);
    }
    return {
        delayMs: delay,
        factor: isFixed ? 1 : (factor ?? DEFAULTS.factor),
        maxMs: max ?? Math.max(DEFAULTS.max, delay),
        jitter: jitter ?? (isFixed ? 0 : DEFAULTS.jitter)
    };
}

function causesOf(retryOn, job) {
    const isKnown = retryOn?.every((cause) => CAUSES.includes(cause)) ?? true;
    if (isKnown) {
        return retryOn;
    }
    const odd = retryOn.find((cause) => !CAUSES.includes(cause));
    if (typeof odd === 'string' && Object.hasOwn(NEVER, odd)) {
        throw wrong('retryOn', job, `has '${odd}': ${NEVER[odd]}`);
    }
    throw wrong('retryOn', job, `has ${describeValue(odd)}, expected some of '${CAUSES.join("', '")}'`);
}

/**
 * Refuses a time after which a row counts as left behind, where another attempt may begin later than that.
 *
 * @param {object} job - a one-off job
 * @param {number} [staleAfterMs] - the job's, or the manager's
 * @throws {IncorrectUsageError} INVALID_OPTION
 */
function checkStaleAfter(job, staleAfterMs) {
    const retry = staleAfterMs === undefined ? undefined : retryOptions(job);
    const pauseMs = retry && longestPause(retry);
    if (pauseMs === undefined) {
        return;
    }
    const {timeout = 0} = job;
    if (staleAfterMs <= timeout + pauseMs) {
        throw invalid(
            `The option "staleAfter" of one-off job "${job.name}" is ${staleAfterMs} ms, and another attempt may begin ` +
                `${timeout + pauseMs} ms after one began ("timeout" and the longest "backoff"): another host would ` +
                'take the job for left behind and run it as well. Make "staleAfter" longer'
        );
    }
}

/** The longest wait between two attempts, in ms; undefined where the host is asked. */
function longestPause({attempts, delaysMs, curve}) {
    if (delaysMs) {
        return Math.max(...delaysMs.slice(0, attempts - 1));
    }
    return curve && Math.min(curve.maxMs, curve.delayMs * curve.factor ** (attempts - 2));
}

const wrong = (option, {name}, what) =>
    invalid(`The option "${option}" of ${name ? `job "${name}"` : 'a job'} ${what}`);

/**
 * The pause of the default rule before retry number `retry`.
 *
 * @param {number} retry - 1 is the first
 * @param {number} [random] - from 0 to 1
 * @returns {number} ms
 */
function defaultPause(retry, random = Math.random()) {
    const {delay, factor, max, jitter} = DEFAULTS;
    return Math.min(max, delay * factor ** (retry - 1)) * (1 - jitter * random);
}

module.exports = {retryOptions, retryPolicy, checkStaleAfter, defaultPause};
