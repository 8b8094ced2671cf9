'use strict';

/**
 * Where log lines go: to the option `logger`, else to `@tryghost/logging` if the host has it, else to the console
 * (warnings and errors only).
 */

const {peer} = require('./peers');

/* eslint-disable no-console -- the console is the logger of a host that has none */
const consoleLogger = {
    info() {},
    warn(...args) {
        console.warn(...args);
    },
    error(...args) {
        console.error(...args);
    }
};

/** Loads the host's logger if that was not done yet, so that the first job does not have to wait for it. Never throws. */
function prepareLogger() {
    try {
        peer('@tryghost/logging');
    } catch {
        // Each log line tries again.
    }
}

/**
 * A logger that looks up its target at each call, so that methods stubbed by the host's tests are used. An error that the
 * target throws or rejects with is ignored: there is nowhere left to report it.
 *
 * @param {{info?: Function, warn?: Function, error?: Function}} [own] - the `logger` option
 */
function createLogger(own) {
    const write = (level, args) => {
        try {
            const target = own ?? peer('@tryghost/logging') ?? consoleLogger;
            const result = target[level]?.(...args);
            if (typeof result?.then === 'function') {
                result.then(undefined, () => {});
            }
        } catch {
            // As said above.
        }
    };
    return {
        info: (...args) => write('info', args),
        warn: (...args) => write('warn', args),
        error: (...args) => write('error', args)
    };
}

module.exports = {createLogger, prepareLogger};
