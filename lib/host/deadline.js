'use strict';

// Not the global timers, which a host's tests may replace.
const {setTimeout: pause} = require('node:timers/promises');

/** The longest delay of a JavaScript timer: 24.8 days. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Calls a function after a delay; never, if the delay is undefined or longer than LONGEST_MS.
 *
 * @param {number | undefined} delayMs
 * @param {() => void} callback - must not throw
 * @returns {() => void} cancels it
 */
function callAfter(delayMs, callback) {
    if (delayMs === undefined || delayMs > LONGEST_MS) {
        return () => {};
    }
    const abort = new AbortController();
    void call(callback, Math.max(0, delayMs), abort.signal);
    return () => abort.abort();
}

async function call(callback, delayMs, signal) {
    try {
        await pause(delayMs, undefined, {signal});
    } catch {
        // It was cancelled.
        return;
    }
    callback();
}

/**
 * @param {Promise<unknown>} promise - never rejects
 * @param {number} [timeoutMs] - no timeout if absent or longer than LONGEST_MS
 * @returns {Promise<boolean>} true if it was settled in time, else false
 */
function within(promise, timeoutMs) {
    return new Promise((resolve) => {
        const cancel = callAfter(timeoutMs, () => resolve(false));
        promise.then(() => {
            cancel();
            resolve(true);
        });
    });
}

module.exports = {callAfter, within};
