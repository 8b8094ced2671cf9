'use strict';

// How each program is called, on every platform and without node_modules/.bin on the path.

const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');

/**
 * @typedef {object} Command
 * @property {string} file
 * @property {string[]} args
 * @property {Record<string, string>} [env] added to the environment
 * @property {boolean} [shell]
 * @property {string} [cwd] the repository, unless it is given
 */

/**
 * A script, run by the Node.js in use.
 *
 * @returns {Command}
 */
function node(script, ...args) {
    return {file: process.execPath, args: [script, ...args]};
}

/**
 * npm: the one that runs this script, else the one that came with Node.js, else the one on the path.
 *
 * @returns {Command}
 */
function npm(...args) {
    const nodeFolder = path.dirname(process.execPath);
    const scripts = [
        process.env.npm_execpath,
        path.join(nodeFolder, '../lib/node_modules/npm/bin/npm-cli.js'),
        path.join(nodeFolder, 'node_modules/npm/bin/npm-cli.js')
    ];
    const script = scripts.find(
        (file) => file && path.basename(file) === 'npm-cli.js' && fs.existsSync(file)
    );
    return script ? node(script, ...args) : {file: 'npm', args, shell: process.platform === 'win32'};
}

/**
 * The program of an installed development dependency.
 *
 * @param {string} packageName
 * @param {string} program its name in the package's `bin`
 * @returns {Command}
 */
function tool(packageName, program, ...args) {
    const folder = path.join(ROOT, 'node_modules', packageName);
    const {bin} = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
    return node(path.join(folder, typeof bin === 'string' ? bin : bin[program]), ...args);
}

/** @returns {Command} */
function cargo(...args) {
    return {file: 'cargo', args};
}

module.exports = {ROOT, node, npm, tool, cargo};
