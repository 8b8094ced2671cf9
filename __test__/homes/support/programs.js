'use strict';

const {spawn} = require('node:child_process');
const {once} = require('node:events');
const path = require('node:path');
const readline = require('node:readline');
const {markedEnvironment} = require('../../support/processes');

const jobPath = (name) => path.join(__dirname, '..', 'jobs', `${name}.js`);
const programPath = (name) => path.join(__dirname, '..', 'programs', name);

/**
 * Starts a program of `programs/`, which can be found with all that it starts.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} name
 * @param {{args?: string[], execArgv?: string[], env?: Record<string, string>, node?: string}} [options] `env` beside
 *   the test's own
 * @returns {{child: import('node:child_process').ChildProcess, ended: Promise<{code: number, signal: string,
 *   output: string}>, line: () => Promise<string>, pids: () => number[]}} `line` is the next line of its output
 */
function startProgram(t, name, {args = [], execArgv = [], env, node = process.execPath} = {}) {
    const {env: marker, pids} = markedEnvironment();
    const child = spawn(node, [...execArgv, programPath(name), ...args], {
        env: {...process.env, ...marker, ...env},
        stdio: ['ignore', 'pipe', 'inherit']
    });
    t.after(() => child.kill('SIGKILL'));
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    const lines = readline.createInterface({input: child.stdout});
    const ended = once(child, 'close').then(([code, signal]) => ({code, signal, output}));
    return {child, ended, line: async () => (await once(lines, 'line'))[0], pids};
}

module.exports = {jobPath, programPath, startProgram};
