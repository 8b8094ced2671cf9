'use strict';

const {inspect} = require('node:util');

/** The ways to show a value, the best first. Each may throw: the value may be a revoked Proxy, or have getters that do. */
const WAYS = [
    (value) => inspect(value, {depth: 2}),
    (value) => inspect(value, {depth: 0, customInspect: false}),
    (value) => `a value of type ${typeof value} that cannot be shown`
];

/**
 * @param {unknown} value anything that was thrown
 * @returns {string} as a console would show it. Never throws
 */
function textOf(value) {
    for (const show of WAYS) {
        try {
            return show(value);
        } catch {
            // The next way is simpler.
        }
    }
    return '';
}

module.exports = {textOf};
