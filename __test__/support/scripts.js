'use strict';

const {execFile} = require('node:child_process');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');

/**
 * Runs a text as a program of its own, which reports by printing lines of JSON.
 *
 * @param {string} script - in it `JobManager` is the class, `report(value)` prints
 * @param {{node?: string, flags?: string[], cwd?: string, env?: object, root?: string}} [options] - `root`: where the
 *   package is
 * @returns {Promise<{code: number | string, reports: any[], stdout: string, stderr: string}>}
 */
function runScript(script, {node = process.execPath, flags = [], cwd = ROOT, env, root = ROOT} = {}) {
    const prelude = `
        const report = (value) => console.log('\\u0001' + JSON.stringify(value));
        const JobManager = require(${JSON.stringify(root)});
    `;
    return new Promise((resolve) => {
        const options = {cwd, env: {...process.env, ...env}, maxBuffer: 64 * 1024 * 1024};
        execFile(node, [...flags, '-e', prelude + script], options, (error, stdout, stderr) => {
            const reports = stdout
                .split('\n')
                .filter((line) => line.startsWith('\u0001'))
                .map((line) => JSON.parse(line.slice(1)));
            resolve({code: error ? (error.code ?? error.signal) : 0, reports, stdout, stderr});
        });
    });
}

module.exports = {ROOT, runScript};
