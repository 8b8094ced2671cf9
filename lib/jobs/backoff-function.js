'use strict';

const {describeValue} = require('../host/describe-value');
const {safely} = require('../host/safe-call');
const {defaultPause} = require('./retry-options');

/**
 * Asks the `backoff` function of a job how long its run shall wait before the next attempt. The default rule is
 * used for a function that throws, or returns anything else.
 *
 * @param {(failure: object) => unknown} backoff
 * @param {{name: string, attempt: number}} failure - a `RetryQuestion`
 * @param {{error: Function}} logger
 * @returns {Promise<number | undefined>} ms; undefined for no more attempts
 */
async function askBackoff(backoff, failure, logger) {
    const report = (did, cause) =>
        safely(logger, 'The logger', () => logger.error(invalidBackoff(failure, did, cause)));
    try {
        const answer = await backoff(failure);
        if (answer === null || answer === false || answer < 0) {
            return undefined;
        }
        if (typeof answer === 'number' && answer <= Number.MAX_SAFE_INTEGER) {
            return answer;
        }
        report(`returned ${describeValue(answer)}`);
    } catch (error) {
        report(`threw ${error instanceof Error ? `"${error.message}"` : describeValue(error)}`, error);
    }
    return defaultPause(failure.attempt);
}

function invalidBackoff({name}, did, cause) {
    const message =
        `The backoff function of job "${name}" ${did}. It must return milliseconds from 0 up, or null for no more ` +
        'attempts. The default backoff is used';
    return Object.assign(new Error(message, {cause}), {code: 'INVALID_BACKOFF'});
}

module.exports = {askBackoff};
