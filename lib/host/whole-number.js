'use strict';

const {incorrectUsage} = require('./errors');

/**
 * Checks an option of `new JobManager` that counts something.
 *
 * @param {string} option - its name, for the error
 * @param {unknown} value
 * @param {number} least
 * @returns {number | undefined} the value itself, if it is none or a whole number from `least` up
 * @throws {IncorrectUsageError} INVALID_OPTION
 */
function wholeNumber(option, value, least) {
    if (value === undefined || (Number.isInteger(value) && value >= least && value < 2 ** 31)) {
        return value;
    }
    throw incorrectUsage({
        message: `The option "${option}" must be a whole number from ${least} up, got ${value}`,
        code: 'INVALID_OPTION'
    });
}

module.exports = {wholeNumber};
