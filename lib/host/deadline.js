'use strict';

const {setTimeout: pause} = require('node:timers/promises');

/**
 * @param {Promise<unknown>} promise - never rejects
 * @param {number} [timeoutMs] - none when absent
 * @returns {Promise<boolean>} true when it was settled, false when the time was over before
 */
async function within(promise, timeoutMs) {
    const settled = promise.then(() => true);
    if (timeoutMs === undefined) {
        return settled;
    }
    const abort = new AbortController();
    const timeOut = pause(timeoutMs, false, {signal: abort.signal}).catch(() => false);
    const isSettled = await Promise.race([settled, timeOut]);
    abort.abort();
    return isSettled;
}

module.exports = {within};
