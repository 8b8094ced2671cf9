'use strict';

/**
 * Ghost's own packages, when the host has them: optional peers, found where the host would find them,
 * so that inside Ghost they are Ghost's own instances.
 */

const {createRequire} = require('node:module');

const missing = new Set();
/** Where the host's packages are found. Under a linked or strict layout its own folder may see what ours does not. */
const sources = [() => require, requireFromHost];
let hostRequire;

/**
 * @param {string} name - a package
 * @returns {any} its exports, or undefined when the host does not have it
 */
function peer(name) {
    if (missing.has(name)) {
        return undefined;
    }
    // Called for every log line: the second source is not even made where the first one has the package.
    for (const source of sources) {
        try {
            return source()(name);
        } catch (error) {
            if (error.code !== 'MODULE_NOT_FOUND') {
                throw error;
            }
        }
    }
    missing.add(name);
    return undefined;
}

function requireFromHost() {
    hostRequire ??= createRequire(require.main?.filename ?? `${process.cwd()}/`);
    return hostRequire;
}

module.exports = {peer};
