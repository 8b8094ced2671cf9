'use strict';

/**
 * Calls a function of the host. What it throws, or rejects with, is logged and changes nothing else.
 *
 * @param {{error: Function}} logger
 * @param {string} what - for the log line
 * @param {Function} call
 */
function safely(logger, what, call) {
    const report = (error) =>
        logger.error(error instanceof Error ? error : new Error(`${what} threw ${error}`));
    try {
        const result = call();
        if (typeof result?.then === 'function') {
            result.then(undefined, report);
        }
    } catch (error) {
        report(error);
    }
}

module.exports = {safely};
