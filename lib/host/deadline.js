'use strict';

// Not the timers that a test of the host may have replaced.
const {setTimeout: pause} = require('node:timers/promises');

/** Timers of JavaScript cannot wait longer: 24.8 days. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Calls a function after a time; never, when that is longer than a timer can wait, or undefined.
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
 * @param {number} [timeoutMs] - none when absent, or longer than a timer can wait
 * @returns {Promise<boolean>} true when it was settled, false when the time was over before
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
