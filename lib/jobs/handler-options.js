'use strict';

/** What makes a job a handler (`defineJob`), checked, in the words of the native side. */

const os = require('node:os');
const {invalid} = require('../host/options');
const {encode} = require('../wire/compact');
const {MAX_PAYLOAD_BYTES} = require('../wire/frames');
const {locateUncloneable} = require('../wire/uncloneable');
const {offloadedSource} = require('./job-source');
const {queueConcurrency} = require('./queues');

const DEFAULT_INLINE_CONCURRENCY = 3;
const DEFAULT_MAX_WAITING = 100_000;
const DEFAULT_IDLE_MS = 30_000;
/** The rest of a frame is for what else a run is told. */
const MOST_DATA_BYTES = MAX_PAYLOAD_BYTES - 1024 * 1024;
/** Runs of one process where nothing else is said. */
const ANY_NUMBER = 2 ** 32 - 1;

/** @returns {boolean} does a handler run in a process, if its job does not say? */
const isOffloaded = ({job, offloaded = typeof job !== 'function'}) => offloaded;

/**
 * @param {object} job - of `defineJob`, checked
 * @param {Record<string, {concurrency?: number}>} queues - of the manager
 * @returns {import('../native/binding').HandlerRequest}
 * @throws {Error} INVALID_OPTION
 */
function handlerRequest(job, queues) {
    const {name, data, queue, maxWaiting = DEFAULT_MAX_WAITING} = job;
    return {
        // A function on this event loop is given the value itself.
        data: isOffloaded(job) ? encodeData(name, data) : undefined,
        queue,
        concurrency: concurrencyOf(job, queues),
        maxWaiting,
        keepResult: job.keepResult,
        keepsHistory: job.history === undefined || job.history > 0,
        ...reuseOf(job)
    };
}

/** What a handler in a process is called with, as bytes. */
function encodeData(name, data) {
    let bytes;
    try {
        bytes = encode(data);
    } catch (error) {
        throw locateUncloneable(error, `Job "${name}"`, {data});
    }
    if (bytes.length > MOST_DATA_BYTES) {
        throw Object.assign(
            new RangeError(
                `The data for job "${name}" takes ${bytes.length} bytes, and a run can be given ${MOST_DATA_BYTES} at most. Write it ` +
                    'to a file or a database, and give the run its path or id'
            ),
            {code: 'ERR_MESSAGE_TOO_LARGE'}
        );
    }
    return bytes;
}

function concurrencyOf(job, queues) {
    const {name, queue, concurrency} = job;
    if (queue !== undefined && concurrency !== undefined) {
        throw invalid(
            `The option "concurrency" of job "${name}" is not possible beside "queue": the queue "${queue}" has a concurrency for all its jobs`
        );
    }
    const own = isOffloaded(job) ? os.availableParallelism() : DEFAULT_INLINE_CONCURRENCY;
    return queueConcurrency(job, queues) ?? concurrency ?? own;
}

function reuseOf({reuse = true}) {
    if (reuse === false) {
        return {maxRuns: 1, idleMs: 0};
    }
    const {runs = ANY_NUMBER, idle = DEFAULT_IDLE_MS, age} = reuse === true ? {} : reuse;
    return {maxRuns: runs, idleMs: idle, maxAgeMs: age};
}

/** Options of a process, which a function on this event loop has not. */
const OF_A_PROCESS = ['worker', 'memoryLimitMb', 'reuse', 'gracePeriod', 'output', 'nice'];

/**
 * @param {object} job - of `defineJob`
 * @throws {Error} INVALID_OPTION or JOB_NAME_MISSING, for what no table of options can tell
 */
function checkHandler(job) {
    const {name} = job;
    if (typeof name !== 'string' || name === '') {
        throw invalid('defineJob() needs a "name": it is what runJob() is called with');
    }
    if (typeof job.job === 'function' && isOffloaded(job)) {
        throw invalid(
            `The function of job "${name}" cannot be offloaded: another process does not have what surrounds it. ` +
                'Put it into a module that exports it as its default, and give the path as "job"; or leave out "offloaded"'
        );
    }
    const stream = ['stdout', 'stderr'].find((option) => job.worker?.[option]);
    if (stream !== undefined) {
        throw invalid(
            `The option "worker.${stream}" of job "${name}" is for scripts: a handler has no worker whose stream could be ` +
                'read. Use "output" instead, and read what a run has printed by output(id)'
        );
    }
    const given = isOffloaded(job) ? undefined : OF_A_PROCESS.find((option) => job[option] !== undefined);
    if (given !== undefined) {
        throw invalid(
            `The option "${given}" of job "${name}" is for offloaded jobs: an inline one has no process of its own`
        );
    }
}

/** @returns {import('./job-source').JobSource & {reuseMemoryMb?: number}} the module of a handler that runs in a process */
function handlerSource(name, job, {reuse}) {
    return {...offloadedSource(name, job), kind: 'handler', reuseMemoryMb: reuse?.memoryMb};
}

module.exports = {checkHandler, encodeData, handlerRequest, handlerSource, isOffloaded};
