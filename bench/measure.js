'use strict';

/** One measurement, in a process of its own. */

const {spawn} = require('node:child_process');
const path = require('node:path');

const {REQUESTS} = require('./packages');
const {treePssBytes} = require('./processes');

const CHILD_MAIN = path.join(__dirname, 'child.js');
const RESULT_DESCRIPTOR = 3;

/** A measurement that has not ended by then fails. */
const LIMIT_MS = 180_000;
/** Pause between two looks at the memory of a measurement. */
const MEMORY_PAUSE_MS = 15;

/**
 * @param {object} task
 * @param {'ours' | 'upstream' | 'pool' | 'threads' | 'worker'} task.target
 * @param {string} task.file the scenario's file
 * @param {object} task.params
 * @param {Record<string, string>} [task.env]
 * @param {string[]} [task.execArgv]
 * @param {boolean} [task.watchesMemory] whether the peak memory of its processes is the result
 * @param {string} task.node a node binary
 * @returns {Promise<number | null>} null for what came to no end
 * @throws {Error} when the measurement fails
 */
async function measure({target, file, params, env = {}, execArgv = [], watchesMemory = false, node}) {
    const task = JSON.stringify({request: REQUESTS[target], target, file, params});
    const child = spawn(node, [...execArgv, CHILD_MAIN, task], {
        env: environment(env),
        stdio: ['ignore', 'ignore', 'pipe', 'pipe']
    });
    const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    const memory = watchesMemory ? watchMemory(child.pid) : null;
    const [result, complaints] = await Promise.all([
        textOf(child.stdio[RESULT_DESCRIPTOR]),
        textOf(child.stderr),
        new Promise((resolve, reject) => child.on('exit', resolve).on('error', reject))
    ]);
    clearTimeout(limit);
    const peakBytes = memory?.stop();
    if (result === '') {
        throw new Error(
            `${target}, ${path.basename(file)} ${JSON.stringify(params)}: no result\n${complaints}`
        );
    }
    return watchesMemory ? peakBytes / 1_000_000 : JSON.parse(result);
}

/** The same for both packages. A certificate file is read at each start of Node 20; who wants that asks for it. */
function environment(own) {
    const env = {...process.env, ...own};
    for (const name of ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS', 'NODE_TEST_CONTEXT']) {
        if (own[name] === undefined) {
            delete env[name];
        }
    }
    return env;
}

function watchMemory(pid) {
    let peakBytes = 0;
    const timer = setInterval(() => {
        peakBytes = Math.max(peakBytes, treePssBytes(pid));
    }, MEMORY_PAUSE_MS);
    return {
        stop() {
            clearInterval(timer);
            return peakBytes;
        }
    };
}

async function textOf(stream) {
    const chunks = [];
    for await (const chunk of stream) {
        chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString();
}

module.exports = {measure};
