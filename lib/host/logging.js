'use strict';

/**
 * Where log lines go: the `logger` option, else the host's `@tryghost/logging`, else the console from
 * warn up.
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

/**
 * A logger whose target is looked up at each call, so that a host's stub is seen. What the target throws, or rejects
 * with, changes nothing: there is nowhere left to report it.
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

module.exports = {createLogger};
