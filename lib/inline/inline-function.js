'use strict';

/**
 * The function of an inline job that was given as a module.
 */

const {createRequire} = require('node:module');
const path = require('node:path');
const {pathToFileURL} = require('node:url');
const {isFile, resolvePath} = require('../jobs/job-source');

/** What `require` says of a module that has to be imported instead. */
const NEEDS_IMPORT = new Set(['ERR_REQUIRE_ESM', 'ERR_REQUIRE_ASYNC_MODULE']);

/**
 * @param {string | URL} job - a path (relative ones count from the working directory) or what
 *   `require` in the working directory understands
 * @returns {string} what to load
 * @throws when there is no such module
 */
function resolveModule(job) {
    const target = resolvePath(job);
    return isFile(target) ? target : createRequire(path.join(process.cwd(), 'noop.js')).resolve(String(job));
}

/**
 * @param {string | URL} job
 * @returns {Promise<Function>} the default export of the module
 */
async function loadFunction(job) {
    const exported = await load(resolveModule(job));
    const found = [exported, exported?.default, exported?.default?.default].find(
        (value) => typeof value === 'function'
    );
    if (!found) {
        throw new TypeError(`The module ${job} of an inline job must export a function as its default`);
    }
    return found;
}

async function load(target) {
    if (path.extname(target) !== '.mjs') {
        try {
            return require(target);
        } catch (error) {
            if (!NEEDS_IMPORT.has(error.code)) {
                throw error;
            }
        }
    }
    return import(pathToFileURL(target).href);
}

module.exports = {loadFunction, resolveModule};
