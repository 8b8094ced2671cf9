'use strict';

const fs = require('node:fs');
const path = require('node:path');

function isExecutable(file) {
    try {
        fs.accessSync(file, fs.constants.X_OK);
        return fs.statSync(file).isFile();
    } catch {
        return false;
    }
}

/**
 * Looks up the `node` binary that runs this process, as a shell does, if `process.execPath` is not an absolute path: where
 * the system does not report the path (Linux without `/proc`), Node returns the name that it was called by.
 *
 * @returns {string} its path, or `process.execPath` as it is when there is no such file
 */
function nodePath() {
    const {execPath} = process;
    const isPath = execPath.includes(path.sep);
    const folders = isPath ? [''] : (process.env.PATH ?? '').split(path.delimiter);
    return folders.map((folder) => path.resolve(folder, execPath)).find(isExecutable) ?? execPath;
}

module.exports = {nodePath};
