'use strict';

const {spawn} = require('node:child_process');
const {once} = require('node:events');
const fs = require('node:fs');
const {markedEnvironment} = require('./processes');

/**
 * Starts a host program of its own, for what a test cannot do to itself. It reports what happens by
 * `process.send`.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} file
 * @param {{args?: string[], limits?: string, node?: string}} [options] `limits`: arguments of the shell's `ulimit`
 * @returns {{child: import('node:child_process').ChildProcess, ended: Promise<any[]>,
 *   told: (what: string) => Promise<any>, output: () => string, pids: () => number[], descendants: () => number[]}} the program;
 *   `told` resolves with its next message `{what, ...}`; `pids` are the processes that have its environment,
 *   `descendants` all below it
 */
function startHost(t, file, {args = [], limits, node = process.execPath} = {}) {
    const marked = markedEnvironment();
    const command = [node, file, ...args];
    const [program, ...rest] = limits
        ? ['sh', '-c', `ulimit ${limits} && exec "$0" "$@"`, ...command]
        : command;
    const child = spawn(program, rest, {
        env: {...process.env, ...marked.env},
        stdio: ['ignore', 'pipe', 'pipe', 'ipc']
    });
    t.after(() => child.kill('SIGKILL'));
    const output = [];
    for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text) => output.push(text));
    }
    const messages = [];
    const waiting = [];
    child.on('message', (message) => {
        messages.push(message);
        waiting.splice(0).forEach((look) => look());
    });
    const ended = once(child, 'exit');

    /** Every message is given once. */
    async function told(what) {
        for (;;) {
            const index = messages.findIndex((message) => message.what === what);
            if (index !== -1) {
                return messages.splice(index, 1)[0];
            }
            const next = new Promise((resolve) => waiting.push(resolve));
            const end = await Promise.race([next, ended]);
            if (end && !messages.some((message) => message.what === what)) {
                throw new Error(`the host ended (${end}) before it told '${what}': ${output.join('')}`);
            }
        }
    }
    return {
        child,
        ended,
        told,
        output: () => output.join(''),
        pids: marked.pids,
        descendants: () => descendantsOf(child.pid)
    };
}

/** All processes below one. */
function descendantsOf(pid) {
    return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

/** The living children of a process, whichever of its threads started them. */
function childrenOf(pid) {
    try {
        return fs
            .readdirSync(`/proc/${pid}/task`)
            .flatMap((task) => fs.readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' '))
            .filter(Boolean)
            .map(Number);
    } catch {
        // It has ended, or one of its threads has meanwhile.
        return [];
    }
}

module.exports = {startHost, childrenOf};
