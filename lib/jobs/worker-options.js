'use strict';

/**
 * Merges the worker options of the manager and of a job, and converts them into those of the native side.
 */

const {incorrectUsage} = require('../host/errors');
const {serialize} = require('../wire/clone');
const {callingWithData} = require('./function-source');
const {bootFlags, bootOverlay, inheritedFlags} = require('./node-flags');

/** Default time from 'cancel' to SIGTERM. */
const DEFAULT_GRACE_PERIOD_MS = 5_000;
/** From SIGTERM to SIGKILL. */
const TERM_GRACE_MS = 2_000;
const BYTES_PER_MB = 1024 * 1024;

/** Flags of `node` for the limits of a Worker (see `resourceLimits` in node:worker_threads). */
function limitFlags({maxOldGenerationSizeMb, maxYoungGenerationSizeMb, stackSizeMb} = {}) {
    const flags = [];
    if (maxOldGenerationSizeMb > 0) {
        flags.push(`--max-old-space-size=${Math.ceil(maxOldGenerationSizeMb)}`);
    }
    if (maxYoungGenerationSizeMb > 0) {
        // The young generation is three semi-spaces.
        flags.push(`--max-semi-space-size=${Math.max(1, Math.ceil(maxYoungGenerationSizeMb / 3))}`);
    }
    if (stackSizeMb > 0) {
        flags.push(`--stack-size=${Math.floor(stackSizeMb * 1024 * 0.9)}`);
    }
    return flags;
}

/** @returns {Record<string, string> | undefined} variables that are added to the host's environment and override it */
function overlay(env) {
    if (typeof env !== 'object' || env === null) {
        return undefined;
    }
    const given = Object.entries(env).filter(([, value]) => value !== undefined);
    return Object.fromEntries(given.map(([key, value]) => [key, String(value)]));
}

/** What the job sees as `workerData`. */
function workerData(defaults, job, data) {
    if (data !== undefined && data !== null && typeof data !== 'object') {
        return data;
    }
    return {job, ...defaults, ...data};
}

/** The properties that are not undefined: their bytes are kept for as long as the job is registered. */
function present(properties) {
    return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}

/** A program that is what it should be. */
const NODE = {packed: undefined, isElectron: false};
let program;

/** What the host's own program is, found out for the first offloaded job. */
function hostProgram() {
    program ??= require('../host/host-program').hostProgram();
    return program;
}

/**
 * Merges a job's worker options into the manager's.
 *
 * @param {object} [worker] - options of this job's worker
 * @param {object} [defaults] - options of every worker
 * @param {string} [execPath] - the `node` binary of the job or the manager, if one was given
 * @returns {object} the options, with `env` as text, the requested `flags` of `node`, `limitFlags` that set the resource
 *   limits, and `isElectron` if the binary is Electron
 * @throws {IncorrectUsageError} EXEC_PATH_NOT_NODE, if the host's program is not a node binary and no other was given
 */
function resolveWorker(worker, defaults, execPath) {
    const {packed, isElectron} = execPath === undefined ? hostProgram() : NODE;
    if (packed) {
        throw incorrectUsage({
            message:
                `This program, ${process.execPath}, is ${packed}, and an offloaded job needs a node binary: pass its path ` +
                'as the option "execPath" of the job manager or the job',
            code: 'EXEC_PATH_NOT_NODE'
        });
    }
    const options = {...defaults, ...worker};
    return {
        ...options,
        workerData: {...defaults?.workerData, ...worker?.workerData},
        env: overlay(options.env),
        flags: options.execArgv?.map(String) ?? inheritedFlags(),
        limitFlags: limitFlags(options.resourceLimits),
        isElectron
    };
}

/** Options of `worker` that the START frame of a job carries. */
const OF_JOB = ['argv', 'env', 'resourceLimits', 'name'];

/** Whether the description contains everything that the worker needs, in values that survive JSON. */
function isPlain(source, description, options) {
    return (
        description.worker === undefined &&
        source.reuseMemoryMb === undefined &&
        description.date === undefined &&
        OF_JOB.every((key) => options[key] === undefined) &&
        Object.keys(options.workerData).length === 0
    );
}

/**
 * Encodes the job for the START frame. Most jobs become a short JSON text, in a third of the time and half of the bytes
 * of a structured clone.
 *
 * @param {object} job
 * @param {string} job.name
 * @param {import('./job-source').JobSource} job.source
 * @param {object} job.description - what the job sees of itself as `workerData.job`
 * @param {any} [job.data]
 * @param {object} options - of `resolveWorker`
 * @returns {string | Buffer} for `parseStart` of lib/worker/start.js
 * @throws {DOMException} DataCloneError, if its data cannot be cloned
 */
function encodeJob({name, source, description, data}, options) {
    if (isPlain(source, description, options)) {
        return JSON.stringify([source.kind, description]);
    }
    const isArgument = source.takesData && data !== undefined;
    return serialize(
        present({
            name,
            kind: source.kind,
            target: isArgument ? callingWithData(source.target) : source.target,
            argument: isArgument ? data : undefined,
            argv: options.argv?.map(String),
            // `process.execArgv` in the job shows the requested flags, without those for limits, as in a Worker.
            execArgv: options.limitFlags.length > 0 ? options.flags : undefined,
            workerData: workerData(options.workerData, description, data),
            env: options.env,
            resourceLimits: options.resourceLimits,
            title: options.name,
            reuseMemoryMb: source.reuseMemoryMb
        })
    );
}

/**
 * The native options for starting a worker process.
 *
 * @param {object} limits
 * @param {number} [limits.timeout] - ms
 * @param {number} [limits.memoryLimitMb]
 * @param {number} [limits.gracePeriod] - ms
 * @param {number} [limits.nice] - of the process
 * @param {string} [limits.execPath] - the `node` binary, where it is not the manager's
 * @param {boolean} [limits.isModule] - whether the job is probably an ES module
 * @param {object} options - of `resolveWorker`
 * @param {{stdout: string, stderr: string}} output - of `outputStreams`
 * @returns {import('../native/binding').WorkerOptions}
 */
function startOptions({timeout, memoryLimitMb, gracePeriod, execPath, nice, isModule}, options, output) {
    return {
        execPath,
        nice,
        execArgv: [...bootFlags(options.flags), ...options.limitFlags],
        bootEnv: [...(options.isElectron ? ['ELECTRON_RUN_AS_NODE=1'] : []), ...bootOverlay(options.env)],
        stdout: output.stdout,
        stderr: output.stderr,
        isModule,
        timeoutMs: timeout,
        memoryLimitBytes: memoryLimitMb === undefined ? undefined : memoryLimitMb * BYTES_PER_MB,
        cancelGraceMs: gracePeriod ?? DEFAULT_GRACE_PERIOD_MS,
        termGraceMs: TERM_GRACE_MS
    };
}

module.exports = {resolveWorker, encodeJob, startOptions};
