'use strict';

/**
 * The options of a worker process: the manager's and the job's, laid over each other, in the words of
 * the native side.
 */

const {serialize} = require('../wire/clone');

/** From 'cancel' to SIGTERM, unless the job says otherwise. */
const DEFAULT_GRACE_PERIOD_MS = 5_000;
/** From SIGTERM to SIGKILL. */
const TERM_GRACE_MS = 2_000;
const BYTES_PER_MB = 1024 * 1024;

/** Flags of the host that belong to its own debugger, test runner or command line. */
const HOST_ONLY_FLAGS =
    /^(--inspect.*|--debug.*|--eval|-e|--print|-p|-pe|--check|-c|--interactive|-i|--test.*|--experimental-test.*|--watch.*|--prof|--cpu-prof.*|--heap-prof.*|--expose-internals|--run)(=|$)/;
/** Of these, the ones whose value is the next word. */
const TAKES_NEXT_WORD = new Set([
    '-e',
    '--eval',
    '-p',
    '--print',
    '-pe',
    '--inspect-port',
    '--debug-port',
    '--test-name-pattern',
    '--test-reporter',
    '--test-reporter-destination',
    '--watch-path',
    '--run'
]);

/**
 * @param {string[]} [execArgv] - flags of a process
 * @returns {string[]} those that a worker process shall share
 */
function inheritedFlags(execArgv = process.execArgv) {
    const kept = [];
    for (let index = 0; index < execArgv.length; index++) {
        const flag = execArgv[index];
        if (HOST_ONLY_FLAGS.test(flag)) {
            index += TAKES_NEXT_WORD.has(flag) ? 1 : 0;
        } else {
            kept.push(flag);
        }
    }
    return kept;
}

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

/** @returns {Record<string, string> | undefined} variables laid over the host's environment */
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

/** Without what is undefined: these bytes are kept for as long as the job is registered. */
function present(properties) {
    return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}

/**
 * A job's worker options over the manager's.
 *
 * @param {object} [worker] - options of this job's worker
 * @param {object} [defaults] - options of every worker
 * @returns {object} the options, with `env` as text, `flags` of `node` that were asked for, and `limitFlags` that stand
 *   for limits
 */
function resolveWorker(worker, defaults) {
    const options = {...defaults, ...worker};
    return {
        ...options,
        workerData: {...defaults?.workerData, ...worker?.workerData},
        env: overlay(options.env),
        flags: options.execArgv?.map(String) ?? inheritedFlags(),
        limitFlags: limitFlags(options.resourceLimits)
    };
}

/** Options that a job sees, or that its process gets from it. */
const OF_JOB = ['argv', 'env', 'resourceLimits', 'name'];

/** Does its description say all about a job, in words that JSON gives back as they were? */
function isPlain(description, options) {
    return (
        description.worker === undefined &&
        description.date === undefined &&
        OF_JOB.every((key) => options[key] === undefined) &&
        Object.keys(options.workerData).length === 0
    );
}

/**
 * What a worker process is given as its job: a short text for most, a third of the time and half of the bytes that a
 * structured clone takes.
 *
 * @param {object} job
 * @param {string} job.name
 * @param {import('./job-source').JobSource} job.source
 * @param {object} job.description - what the job sees of itself as `workerData.job`
 * @param {any} [job.data]
 * @param {object} options - of `resolveWorker`
 * @returns {string | Buffer} for `parseStart` of lib/worker/start.js
 * @throws {DOMException} DataCloneError, when its data cannot be cloned
 */
function encodeJob({name, source, description, data}, options) {
    if (isPlain(description, options)) {
        return JSON.stringify([source.kind, description]);
    }
    return serialize(
        present({
            name,
            ...source,
            argv: options.argv?.map(String),
            // A Worker's limits are no flags: the job sees those that were asked for.
            execArgv: options.limitFlags.length > 0 ? options.flags : undefined,
            workerData: workerData(options.workerData, description, data),
            env: options.env,
            resourceLimits: options.resourceLimits,
            title: options.name
        })
    );
}

/**
 * What a worker process is started with.
 *
 * @param {object} limits
 * @param {number} [limits.timeout] - ms
 * @param {number} [limits.memoryLimitMb]
 * @param {number} [limits.gracePeriod] - ms
 * @param {object} options - of `resolveWorker`
 * @returns {import('../native/binding').WorkerOptions}
 */
function startOptions({timeout, memoryLimitMb, gracePeriod}, options) {
    return {
        execArgv: [...options.flags, ...options.limitFlags],
        bootEnv: Object.entries(options.env ?? {}).map(([key, value]) => `${key}=${value}`),
        captureStdout: Boolean(options.stdout),
        captureStderr: Boolean(options.stderr),
        timeoutMs: timeout,
        memoryLimitBytes: memoryLimitMb === undefined ? undefined : memoryLimitMb * BYTES_PER_MB,
        cancelGraceMs: gracePeriod ?? DEFAULT_GRACE_PERIOD_MS,
        termGraceMs: TERM_GRACE_MS
    };
}

module.exports = {resolveWorker, encodeJob, startOptions};
