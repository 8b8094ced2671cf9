'use strict';

/** Reads a configuration of the daemon: JSON, or a module whose default export is one or gives one. */

const fs = require('node:fs');
const path = require('node:path');
const {pathToFileURL} = require('node:url');
const {EXIT, Failure} = require('./failure');

/** Set on each import but the first, since an ES module is evaluated once for each URL. */
let reads = 0;

const unreadable = (file, reason, help) =>
    new Failure(`${file}: ${reason}`, {exitCode: EXIT.usage, code: 'CONFIG_INVALID', help});

/**
 * @param {string} file
 * @returns {Promise<unknown>} what it configures, read anew at each call
 * @throws {Failure} CONFIG_INVALID, if it cannot be read
 */
async function readConfig(file) {
    const absolute = path.resolve(file);
    if (!fs.statSync(absolute, {throwIfNoEntry: false})?.isFile()) {
        throw unreadable(file, 'there is no such file');
    }
    if (path.extname(absolute) === '.json') {
        return parseJson(file, fs.readFileSync(absolute, 'utf8'));
    }
    try {
        const exported = await loadModule(absolute);
        return await (typeof exported === 'function' ? exported() : exported);
    } catch (error) {
        throw unreadable(file, 'it cannot be loaded', stackOf(error));
    }
}

function parseJson(file, text) {
    try {
        return JSON.parse(text);
    } catch (error) {
        const lines = text.slice(0, faultyOffset(text)).split('\n');
        const message = error.message.replace(
            /, (?:\.\.\.)?".* is not valid JSON$| in JSON at position .*/s,
            ''
        );
        throw unreadable(`${file}:${lines.length}:${lines.at(-1).length + 1}`, `not valid JSON: ${message}`);
    }
}

/** Where invalid JSON begins to be so: for some faults, V8 does not say. */
function faultyOffset(text) {
    let [good, bad] = [0, text.length + 1];
    while (bad - good > 1) {
        const middle = Math.floor((good + bad) / 2);
        if (mayGoOn(text.slice(0, middle))) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    return good;
}

/** Whether nothing is wrong with a beginning of JSON but that it ends. */
function mayGoOn(text) {
    try {
        JSON.parse(text);
        return true;
    } catch ({message}) {
        const position = /at position (\d+)/.exec(message)?.[1];
        return /end of JSON input|Unterminated/.test(message) || Number(position) === text.length;
    }
}

/** Without the lines of Node and of this program. */
const stackOf = (error) =>
    String(error?.stack ?? error)
        .split('\n')
        .filter((line) => !/^\s+at .*(?:node:internal|node:vm)|^\s+at .*config-file\.js|^\s*$/.test(line))
        .join('\n');

async function loadModule(file) {
    forget(file);
    reads += 1;
    const url = pathToFileURL(file);
    if (reads > 1) {
        url.searchParams.set('read', String(reads));
    }
    const exported = await import(url.href);
    // A CommonJS module that was written as an ES module has its default export twice below.
    return exported.default?.default ?? exported.default;
}

/** Drops a CommonJS module, and its own ones outside of node_modules, so that they are read anew. */
function forget(file) {
    const loaded = require.cache[file];
    if (loaded === undefined || file.split(path.sep).includes('node_modules')) {
        return;
    }
    delete require.cache[file];
    loaded.children.forEach(({id}) => forget(id));
}

module.exports = {readConfig};
