'use strict';

const {types} = require('node:util');
const {textOf} = require('../wire/text-of');

/**
 * Calls a function of the host. An error that it throws or rejects with is logged and has no other effect.
 *
 * @param {{error: Function}} logger
 * @param {string} what - what was called, as the subject of the log line
 * @param {Function} call
 * @returns {Promise<void> | undefined} a promise if the function returned one: fulfilled once that is settled, never rejected
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
