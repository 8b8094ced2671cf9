'use strict';

const {types} = require('node:util');

/**
 * Calls a function of the host. What it throws, or rejects with, is logged and changes nothing else.
 *
 * @param {{error: Function}} logger
 * @param {string} what - for the log line
 * @param {Function} call
 * @returns {Promise<void> | undefined} a promise when the function gave one; settled with it, never rejected
 */
function safely(logger, what, call) {
    const report = (error) => {
        try {
            logger.error(types.isNativeError(error) ? error : new Error(`${what} threw ${error}`));
        } catch {
            // A logger that throws leaves nobody to tell.
        }
    };
    try {
        const result = call();
        if (typeof result?.then === 'function') {
            return result.then(() => {}, report);
        }
    } catch (error) {
        report(error);
    }
    return undefined;
}

module.exports = {safely};
