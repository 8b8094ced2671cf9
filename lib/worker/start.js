'use strict';

/** From the START frame to the job's first line. */

const {restoreOptions} = require('../wire/boot.js');
const {ProtocolError, ToWorker, readUint32} = require('../wire/frames.js');
const {describeThread} = require('./threads.js');

/** Bytes of the length before the header of a START payload. */
const LENGTH_BYTES = 4;

/** `node:module`, of which the main module is one; requiring it takes 0.2 ms. There is no main module before preloads. */
const Module = require.main?.constructor ?? require('node:module');

/** What Node calls a Worker made from source. */
const SOURCE_NAME = '[worker eval]';

/** Environment variables from which Node computes the folders modules are looked up in. */
const LOOKUP_VARIABLES = ['NODE_PATH', 'HOME', 'USERPROFILE'];

/** What a job may be: a script, source text, or a module whose function is called. */
const KINDS = new Set(['file', 'source', 'handler']);

function check(condition, complaint) {
    if (!condition) {
        throw new ProtocolError(`START frame ${complaint}`);
    }
}

function isRecord(value) {
    return typeof value === 'object' && value !== null;
}

function parseHeader(payload) {
    check(payload.length >= LENGTH_BYTES, 'is too short');
    const end = LENGTH_BYTES + readUint32(payload, 0);
    check(end <= payload.length, 'has a header longer than itself');
    try {
        return {header: JSON.parse(payload.toString('utf8', LENGTH_BYTES, end)), end};
    } catch {
        throw new ProtocolError('START frame has a header that is no JSON');
    }
}

/** How a job begins that is JSON. A structured clone begins with 0xFF. */
const JSON_LIST = '['.charCodeAt(0);

function parseJob(bytes) {
    try {
        return bytes[0] === JSON_LIST
            ? plainJob(JSON.parse(bytes.toString('utf8')))
            : require('./later.js').clone.deserialize(bytes);
    } catch {
        throw new ProtocolError('START frame has a job that is neither a structured clone nor JSON');
    }
}

/** A job about which its description says all. */
function plainJob([kind, description]) {
    return {kind, name: description.name, target: description.path, workerData: {job: description}};
}

/**
 * Takes a START frame apart.
 *
 * @param {{kind: number, payload: Buffer}} frame the first frame of the host
 * @returns {{header: object, job: object}} as docs/design/worker-protocol.md describes them
 * @throws {ProtocolError} when it is not one
 */
function parseStart({kind, payload}) {
    if (kind !== ToWorker.START) {
        throw new ProtocolError(`expected a START frame, got one of kind ${kind}`);
    }
    const {header, end} = parseHeader(payload);
    check(isRecord(header), 'has a header that is no object');
    check(Number.isSafeInteger(header.threadId) && header.threadId > 0, 'has no threadId');
    check(header.cwd === null || typeof header.cwd === 'string', 'has no working directory');
    const job = parseJob(payload.subarray(end));
    check(isRecord(job) && typeof job.name === 'string', 'has no job name');
    check(KINDS.has(job.kind), 'has a job of unknown kind');
    check(typeof job.target === 'string', 'has no target');
    return {header, job};
}

/**
 * @param {{kind: number}} frame the host's second
 * @throws {ProtocolError} when it is not a GO frame
 */
function checkGo({kind}) {
    if (kind !== ToWorker.GO) {
        throw new ProtocolError(`expected a GO frame, got one of kind ${kind}`);
    }
}

function replaceEnvironment(variables) {
    for (const key of Object.keys(process.env)) {
        if (!Object.hasOwn(variables, key)) {
            delete process.env[key];
        }
    }
    addToEnvironment(variables);
}

function addToEnvironment(variables) {
    for (const [key, value] of Object.entries(variables)) {
        // Writing costs more than reading; TZ also resets the time zone.
        if (process.env[key] !== value) {
            process.env[key] = `${value}`;
        }
    }
}

function applyEnvironment({env}, job) {
    if (!env && !job.env) {
        return;
    }
    const before = LOOKUP_VARIABLES.map((key) => process.env[key]);
    if (env) {
        restoreOptions(env);
        replaceEnvironment(env);
    }
    if (job.env) {
        addToEnvironment(job.env);
    }
    if (LOOKUP_VARIABLES.some((key, index) => process.env[key] !== before[index])) {
        Module._initPaths?.();
    }
}

/** @returns {string | null} the directory of this process; null once that has been removed */
function currentDirectory() {
    try {
        return process.cwd();
    } catch {
        return null;
    }
}

/** `null` stands for the host's directory having been removed: as `node` does, the job runs all the same. */
function enterDirectory(cwd) {
    if (cwd !== null && currentDirectory() !== cwd) {
        process.chdir(cwd);
    }
}

function applyArguments({kind, target, argv = [], execArgv}) {
    process.argv.splice(1, Infinity, kind === 'source' ? SOURCE_NAME : target, ...argv.map(String));
    if (Array.isArray(execArgv)) {
        process.execArgv.splice(0, Infinity, ...execArgv);
    }
}

/**
 * Names the process in lists of processes. Not on Windows, where it would rename the console window of the host.
 *
 * @param {string} title what to show
 */
function showTitle(title) {
    if (process.platform !== 'win32') {
        process.title = title;
    }
}

/** @returns {string} the name of the process while the job runs */
const titleOf = ({title, name}) => title ?? `job: ${name}`;

/**
 * Makes the process that of the job.
 *
 * @param {object} header of parseStart()
 * @param {object} job of parseStart()
 * @throws {Error} when the working directory cannot be entered
 */
function applyStart(header, job) {
    enterDirectory(header.cwd);
    applyEnvironment(header, job);
    applyArguments(job);
    showTitle(titleOf(job));
    describeThread({...job, threadId: header.threadId});
}

/**
 * Schedules the job's module as the next thing the event loop does: it begins on a fresh stack, its ticks and promises
 * are served in the order of a main module, and no frame of this script shows in its stack traces.
 *
 * @param {object} job of parseStart()
 */
function runSoon(job) {
    setImmediate(
        job.kind === 'file'
            ? Module.runMain
            : require('./later.js').sourceJob.prepareSource(job, SOURCE_NAME, currentDirectory() ?? '/')
    );
}

module.exports = {parseStart, applyStart, checkGo, currentDirectory, runSoon, showTitle, titleOf};
