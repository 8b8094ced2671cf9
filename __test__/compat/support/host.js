'use strict';

const {spawn} = require('node:child_process');
const path = require('node:path');

const HOST_MAIN = path.join(__dirname, 'host-main.js');
const REPORT_DESCRIPTOR = 3;

/** A host that has not ended by then is killed and called hung. */
const HOST_TIMEOUT_MS = 30_000;

/**
 * Runs a function, from its source, in a Node process of its own with the package under test.
 *
 * `main` is called with `{JobManager, MemoryModel, jobFile, report, request, require, settings}` and sees nothing else;
 * `report(value)` is written through at once, so that nothing said before a crash is lost. `settings` is a JSON value.
 *
 * @param {{request: string}} target
 * @param {Function} main
 * @param {{settings?: object, withoutModules?: string[]}} [options] `withoutModules`: packages that the host
 *     does not have
 * @returns {Promise<{exitCode: number | null, signal: string | null, hung: boolean, reports: unknown[], stdout: string,
 *     stderr: string}>}
 */
function runHost(target, main, {settings = {}, withoutModules = []} = {}) {
    const task = {request: target.request, source: `(${main})`, settings, withoutModules};
    const child = spawn(process.execPath, [HOST_MAIN, JSON.stringify(task)], {
        env: withoutTestRunner(process.env),
        stdio: ['ignore', 'pipe', 'pipe', 'pipe']
    });
    const output = {stdout: '', stderr: '', reports: ''};
    const collect = (stream, key) => {
        stream.setEncoding('utf8');
        stream.on('data', (text) => {
            output[key] += text;
        });
    };
    collect(child.stdout, 'stdout');
    collect(child.stderr, 'stderr');
    collect(child.stdio[REPORT_DESCRIPTOR], 'reports');

    return new Promise((resolve, reject) => {
        let hung = false;
        const limit = setTimeout(() => {
            hung = true;
            child.kill('SIGKILL');
        }, HOST_TIMEOUT_MS);
        child.on('error', reject);
        child.on('close', (exitCode, signal) => {
            clearTimeout(limit);
            const reports = output.reports
                .split('\n')
                .filter(Boolean)
                .map((line) => JSON.parse(line));
            resolve({exitCode, signal, hung, stdout: output.stdout, stderr: output.stderr, reports});
        });
    });
}

/** The test runner's own marks would make a host believe that it is a test file. */
function withoutTestRunner(environment) {
    const env = {...environment};
    delete env.NODE_TEST_CONTEXT;
    delete env.NODE_CHANNEL_FD;
    return env;
}

module.exports = {runHost};
