'use strict';

/** What the host is shown of a run, whether it goes or has ended. */

const {cut} = require('../wire/cut');

const LONGEST_MESSAGE = 2 * 1024;
const LONGEST_STACK = 4 * 1024;

/**
 * @typedef {object} RunFacts - times in ms since 1970; what is not known is left out
 * @property {string} id
 * @property {string} name - the job
 * @property {string} state
 * @property {string} [trigger]
 * @property {number} [dueMs]
 * @property {number} [queuedMs]
 * @property {number} [startedMs]
 * @property {number} [onlineMs]
 * @property {number} [endedMs]
 * @property {number} [attempt]
 * @property {number} [attempts]
 * @property {import('../events/failed-attempts').FailedAttempt[]} [failures]
 * @property {number} [retryAtMs]
 * @property {string} [gaveUp]
 * @property {string} [retryOf]
 * @property {import('../native/binding').RunEnd} [ending]
 * @property {string} [cause] - in place of that of `ending`
 * @property {object} [error] - of `errorInfo`
 * @property {object} [progress]
 * @property {import('./run-value').KeptValue} [value]
 * @property {boolean} [isSlow]
 * @property {number} [outputBytes]
 * @property {number} [thread]
 * @property {number} [pid]
 */

/**
 * @param {RunFacts} facts
 * @returns {import('../../index').RunInfo} frozen
 */
function runInfo(facts) {
    const {ending, cause = ending?.cause, value} = facts;
    return Object.freeze({
        id: facts.id,
        job: facts.name,
        state: facts.state,
        trigger: facts.trigger ?? 'manual',
        due: date(facts.dueMs),
        queued: date(facts.queuedMs),
        started: date(facts.startedMs),
        online: date(facts.onlineMs),
        ended: date(facts.endedMs),
        attempt: facts.attempt ?? 1,
        attempts: facts.attempts ?? 1,
        history: (facts.failures ?? []).map(attemptInfo),
        retryAt: date(facts.retryAtMs),
        gaveUp: facts.gaveUp,
        retryOf: facts.retryOf,
        cause,
        error: facts.error,
        startDelayMs: difference(facts.onlineMs ?? facts.startedMs, facts.dueMs ?? facts.queuedMs),
        elapsedMs: ending?.elapsedMs,
        cpuMs: ending?.cpuMs,
        peakMemoryBytes: ending?.peakMemoryBytes,
        exitCode: ending?.exitCode,
        signal: ending?.signal,
        progress: facts.progress,
        ...value?.shown(),
        slow: facts.isSlow ? true : undefined,
        outputBytes: facts.outputBytes || undefined,
        threadId: facts.thread,
        pid: facts.pid
    });
}

function attemptInfo({attempt, thread, startedMs, endedMs, cause, message}) {
    return Object.freeze({
        attempt,
        threadId: thread,
        started: date(startedMs),
        ended: date(endedMs),
        cause,
        message
    });
}

/**
 * What is kept of an error: it may hold on to anything.
 *
 * @param {unknown} error
 * @returns {{name: string, message: string, code?: string, stack?: string} | undefined}
 */
function errorInfo(error) {
    if (error === undefined) {
        return undefined;
    }
    const text = (property, longest) => {
        const value = read(error, property);
        return value === undefined ? undefined : cut(value, longest);
    };
    return Object.freeze({
        name: text('name', LONGEST_MESSAGE) ?? 'Error',
        message: text('message', LONGEST_MESSAGE) ?? cut(asText(error), LONGEST_MESSAGE),
        code: text('code', LONGEST_MESSAGE),
        stack: text('stack', LONGEST_STACK)
    });
}

/** A property as text. Reads without trusting: a job may throw anything. */
function read(error, property) {
    try {
        const value = error?.[property];
        return value === undefined || value === null ? undefined : String(value);
    } catch {
        return undefined;
    }
}

function asText(value) {
    try {
        return String(value);
    } catch {
        return 'a value that cannot be read';
    }
}

const date = (ms) => (ms === undefined || ms === null ? undefined : new Date(ms));
const difference = (laterMs, earlierMs) =>
    laterMs === undefined || earlierMs === undefined ? undefined : Math.max(0, laterMs - earlierMs);

module.exports = {errorInfo, runInfo};
