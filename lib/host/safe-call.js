'use strict';

const {types} = require('node:util');
const {textOf} = require('../wire/text-of');

/**
 * Calls a function of the host. What it throws, or rejects with, is logged and changes nothing else.
 *
 * @param {{error: Function}} logger
 * @param {string} what - for the log line
 * @param {Function} call
 * @returns {Promise<void> | undefined} a promise when the function gave one; settled with it, never rejected
 */
function safely(logger, what, call) {
    // The logger never throws (see logging.js); what was thrown may be anything.
    const report = (error) =>
        logger.error(types.isNativeError(error) ? error : new Error(`${what} threw ${textOf(error)}`));
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
