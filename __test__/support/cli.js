'use strict';

const {spawn} = require('node:child_process');
const {once} = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const {ROOT} = require('./scripts');
const {eventually, markedEnvironment} = require('./processes');
const {temporaryFolder} = require('./temporary-folder');

const PROGRAM = path.join(ROOT, 'lib/cli/main.js');

/**
 * @typedef {object} Started
 * @property {import('node:child_process').ChildProcess} child
 * @property {() => string} stdout - so far
 * @property {() => string} stderr - so far
 * @property {(text: string | RegExp) => Promise<void>} until - it has printed this, to either
 * @property {Promise<{exitCode: number | null, signal: string | null, stdout: string, stderr: string, json: () => any}>} ended
 */

/**
 * A folder in which the command line is used, with a private place for control sockets.
 *
 * @param {import('node:test').TestContext} t
 * @param {Record<string, string | object>} [files] - by name; an object becomes JSON
 */
function workplace(t, files = {}) {
    const folder = temporaryFolder(t);
    const runtime = path.join(folder, 'run');
    fs.mkdirSync(runtime, {mode: 0o700});
    const marked = markedEnvironment();
    const environment = {
        ...process.env,
        ...marked.env,
        TZ: 'UTC',
        XDG_RUNTIME_DIR: runtime,
        JOB_MANAGER_SOCKET: undefined,
        NOTIFY_SOCKET: undefined,
        NO_COLOR: undefined,
        FORCE_COLOR: undefined
    };

    function write(name, content) {
        const file = path.join(folder, name);
        fs.mkdirSync(path.dirname(file), {recursive: true});
        fs.writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
        return file;
    }
    Object.entries(files).forEach(([name, content]) => write(name, content));

    /** Starts any program there. @returns {Started} */
    function startProgram(file, args, {env = {}, input} = {}) {
        const child = spawn(file, args, {
            cwd: folder,
            env: {...environment, ...env},
            stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe']
        });
        t.after(() => child.kill('SIGKILL'));
        const texts = {stdout: '', stderr: ''};
        const waiting = new Set();
        for (const name of ['stdout', 'stderr']) {
            child[name].setEncoding('utf8').on('data', (text) => {
                texts[name] += text;
                waiting.forEach((look) => look());
            });
        }
        child.stdin?.end(input);
        const ended = once(child, 'close').then(([exitCode, signal]) => ({
            exitCode,
            signal,
            ...texts,
            json: () => JSON.parse(texts.stdout)
        }));
        const until = (text) =>
            new Promise((resolve, reject) => {
                const look = () => {
                    const all = texts.stdout + texts.stderr;
                    if (typeof text === 'string' ? all.includes(text) : text.test(all)) {
                        waiting.delete(look);
                        resolve();
                    }
                };
                waiting.add(look);
                look();
                void ended.then(({exitCode}) =>
                    reject(new Error(`ended with ${exitCode} before ${text}: ${texts.stdout}${texts.stderr}`))
                );
            });
        return {child, ended, until, stdout: () => texts.stdout, stderr: () => texts.stderr};
    }

    /** Starts `job-manager` there. @returns {Started} */
    const start = (args, options) => startProgram(process.execPath, [PROGRAM, ...args], options);

    /** Runs `job-manager` there, to its end. */
    const cli = (...args) => start(args).ended;

    /** Starts a daemon with this configuration; resolves when it listens. */
    async function daemon(config, options) {
        const file = typeof config === 'string' ? config : write('jobs.json', config);
        const started = start(['daemon', file], options);
        await started.until(/\d jobs? of /);
        return started;
    }

    return {
        folder,
        runtime,
        sockets: path.join(runtime, 'job-manager'),
        write,
        start,
        startProgram,
        cli,
        daemon,
        pids: marked.pids
    };
}

module.exports = {PROGRAM, eventually, workplace};
