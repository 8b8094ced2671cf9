'use strict';

/**
 * Loads optional peer dependencies (`@tryghost/errors`, `@tryghost/logging`) from where the host would load them, so
 * that inside Ghost they are Ghost's own instances.
 */

const {createRequire} = require('node:module');

/** By package: its file and the function to load it with, or null if the host does not have the package. */
const places = new Map();

/**
 * @param {string} name - a package
 * @returns {any} its exports as they are now, or undefined when the host does not have it
 */
function peer(name) {
    if (!places.has(name)) {
        places.set(name, locate(name));
    }
    const place = places.get(name);
    // Called for every log line: a look into the cache takes 11 ns, a call of `require` 2,000 ns.
    return place?.load.cache?.[place.filename]?.exports ?? place?.load(place.filename);
}

function locate(name) {
    // With linked packages or a strict node_modules layout, only the host's own folder may resolve the package.
    for (const source of [() => require, requireOfHost]) {
        try {
            const load = source();
            const filename = load.resolve(name);
            load(filename);
            return {load, filename};
        } catch (error) {
            if (error.code !== 'MODULE_NOT_FOUND') {
                throw error;
            }
        }
    }
    return null;
}

const requireOfHost = () => createRequire(require.main?.filename ?? `${process.cwd()}/`);

module.exports = {peer};
