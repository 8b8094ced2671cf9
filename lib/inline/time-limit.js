'use strict';

const {callAfter} = require('../host/deadline');
const {JobError} = require('../host/errors');

/**
 * Calls a function and waits for its promise, up to a time limit. The function cannot be stopped: it keeps running after
 * the limit, and its result is ignored.
 *
 * @param {() => Promise<unknown>} call
 * @param {{name?: string, timeoutMs: number, onTimeout?: (error: JobError) => void}} limit - of the job of that name
 * @returns {Promise<unknown>}
 * @throws {JobError} JOB_TIMEOUT
 */
async function withinLimit(call, {name, timeoutMs, onTimeout}) {
    let cancel;
    const limit = new Promise((resolve, reject) => {
        cancel = callAfter(timeoutMs, () => {
            const error = timedOut(name, timeoutMs);
            reject(error);
            onTimeout?.(error);
        });
    });
    try {
        return await Promise.race([call(), limit]);
    } finally {
        cancel();
    }
}

function timedOut(name, timeoutMs) {
    const job = name ? `Inline job "${name}"` : 'An inline job without a name';
    const message = `${job} did not end within its timeout of ${timeoutMs} ms. Its function keeps running, and its result is ignored`;
    return new JobError('JOB_TIMEOUT', name, message, {timeoutMs});
}

module.exports = {withinLimit};
