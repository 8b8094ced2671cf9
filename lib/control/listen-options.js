'use strict';

/** The options of `listen()`. */

const {OptionChecker, optionTable} = require('../host/options');
const {checkActions} = require('../http/options');

const CALL = 'listen()';
const text = {
    expected: 'a string that is not empty',
    accepts: (value) => typeof value === 'string' && value !== ''
};

const LISTEN = optionTable({
    call: CALL,
    example: "{socket: '/run/reports/control.sock'}",
    owner: () => 'of listen()',
    kinds: {
        socket: text,
        name: text,
        actions: {
            expected: "true, false, or a list such as ['run', 'cancel']",
            accepts: (value) => typeof value === 'boolean' || Array.isArray(value)
        }
    },
    refused: {port: "a control socket is a file; for a port, use '@tryghost/job-manager/dashboard'"},
    unused: {path: 'use "socket"'}
});

/**
 * @param {object} options
 * @param {{warn: Function}} logger
 * @throws {IncorrectUsageError} INVALID_OPTION
 */
function checkListenOptions(options, logger) {
    new OptionChecker(logger).check(LISTEN, options);
    if (Array.isArray(options.actions)) {
        checkActions(options.actions, CALL);
    }
}

module.exports = {checkListenOptions};
