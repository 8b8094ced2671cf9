'use strict';

/** Whether a script is an ES module, as far as that is known without reading it. */

const fs = require('node:fs');
const path = require('node:path');

/** Names that say it. */
const BY_EXTENSION = new Map([
    ['.mjs', true],
    ['.mts', true],
    ['.cjs', false],
    ['.cts', false]
]);
/** Folders that are remembered. */
const MOST_FOLDERS = 1_000;

/** Whether the scripts of a folder are ES modules by the package.json that counts there. */
const folders = new Map();

/** @returns {boolean} whether `"type"` of the nearest package.json is "module" */
function isOfModules(folder) {
    const known = folders.get(folder);
    if (known !== undefined) {
        return known;
    }
    const own = typeOf(folder);
    const parent = path.dirname(folder);
    const isModules = own === undefined ? parent !== folder && isOfModules(parent) : own === 'module';
    if (folders.size >= MOST_FOLDERS) {
        folders.clear();
    }
    folders.set(folder, isModules);
    return isModules;
}

/** @returns {string | undefined} undefined where there is no package.json */
function typeOf(folder) {
    try {
        return JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'))?.type ?? 'commonjs';
    } catch (error) {
        return error instanceof SyntaxError ? 'commonjs' : undefined;
    }
}

/**
 * A guess, which only decides what a process that is booted ahead of it loads meanwhile: a script may also be an ES module
 * by its syntax alone, and a package.json is read once.
 *
 * @param {string} target - absolute path
 * @returns {boolean}
 */
function isModuleFile(target) {
    return BY_EXTENSION.get(path.extname(target)) ?? isOfModules(path.dirname(target));
}

module.exports = {isModuleFile};
