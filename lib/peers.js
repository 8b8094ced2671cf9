'use strict';

/**
 * Ghost's own packages, when the host has them: optional peers, found where the host would find them,
 * so that inside Ghost they are Ghost's own instances.
 */

const {createRequire} = require('node:module');

const missing = new Set();

/**
 * @param {string} name - a package
 * @returns {any} its exports, or undefined when the host does not have it
 */
function peer(name) {
    if (missing.has(name)) {
        return undefined;
    }
    for (const requireFrom of [require, requireFromHost()]) {
        try {
            return requireFrom(name);
        } catch (error) {
            if (error.code !== 'MODULE_NOT_FOUND') {
                throw error;
            }
        }
    }
    missing.add(name);
    return undefined;
}

/** Under a linked or strict layout the host's own folder may see what ours does not. */
function requireFromHost() {
    return createRequire(require.main?.filename ?? `${process.cwd()}/`);
}

module.exports = {peer};
