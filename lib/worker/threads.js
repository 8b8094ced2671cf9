'use strict';

/**
 * What a job sees as `worker_threads`: Node's own module, on which the few properties that tell a Worker from a main
 * thread are replaced. ES modules see the same, under both spellings of the name.
 */

const threads = require('node:worker_threads');

const BYTES_PER_MB = 1024 * 1024;

/** Size V8 gives the young generation of a 64-bit process, in MB: three semi-spaces, larger since Node 24. */
const YOUNG_GENERATION_MB = Number.parseInt(process.versions.node, 10) >= 24 ? 192 : 48;

/** Stack of a Worker, in MB, as Node reports it. */
const STACK_MB = 4;

const {receiveMessageOnPort: nodeReceive} = threads;

/** Code given in options may have imported ES modules. */
const isPreloaded = process.execArgv.length > 0 || process.env.NODE_OPTIONS !== undefined;

/** Whether Node may have taken the exports that ES modules see: it does so when the first of them is imported. */
let areExportsTaken = true;

/** A property whose value is found when somebody asks, and from then on is like any other. */
function showLater(object, name, find) {
    const show = (value) =>
        Object.defineProperty(object, name, {value, enumerable: true, writable: true, configurable: true});
    Object.defineProperty(object, name, {
        get: () => show(find())[name],
        set: show,
        enumerable: true,
        configurable: true
    });
}

/** `resourceLimits` as a Worker reports it: what was asked for, completed by what V8 chose. */
function completeLimits(limits = {}) {
    const {getHeapStatistics} = require('node:v8');
    const young = limits.maxYoungGenerationSizeMb ?? YOUNG_GENERATION_MB;
    return {
        maxYoungGenerationSizeMb: young,
        maxOldGenerationSizeMb:
            limits.maxOldGenerationSizeMb ??
            Math.round(getHeapStatistics().heap_size_limit / BYTES_PER_MB) - young,
        codeRangeSizeMb: limits.codeRangeSizeMb ?? 0,
        stackSizeMb: limits.stackSizeMb ?? STACK_MB
    };
}

/**
 * Makes `worker_threads` that of a Worker, but for what only the job tells; describeThread() completes it.
 *
 * @param {object} script what is behind it
 * @param {boolean} script.hasImported whether it has imported an ES module
 * @param {boolean} script.isBeforeLoaders whether module loaders are still to be registered: see registersLoaders()
 * @param {() => MessagePort} script.getParentPort makes the job's end of the channel when it is first wanted
 * @param {() => void} script.poll takes in what has arrived from the host, for those who do not wait for the event loop
 */
function installThreads({hasImported, isBeforeLoaders, getParentPort, poll}) {
    areExportsTaken = hasImported || isPreloaded;
    threads.isMainThread = isBeforeLoaders;
    showLater(threads, 'parentPort', getParentPort);
    threads.receiveMessageOnPort = function receiveMessageOnPort(port) {
        if (port === getParentPort()) {
            poll();
        }
        return nodeReceive(port);
    };
}

/** A loader that registers itself on the main thread only. */
const LOADER = /--import[\s=]\S*\btsx\b/;

/**
 * Whether a loader is registered that asks for the main thread. Until Node has `module.registerHooks` (22.15), threads
 * inherit what the main thread has registered, so that tsx registers there only. A process inherits none.
 */
function registersLoaders() {
    const flags = [process.env.NODE_OPTIONS, ...process.execArgv].join(' ');
    return LOADER.test(flags) && require('node:module').registerHooks === undefined;
}

/** The loaders have been registered. */
function endLoaders() {
    if (threads.isMainThread) {
        threads.isMainThread = false;
        require('node:module').syncBuiltinESMExports();
    }
}

/**
 * Shows what is known of a thread whose job is not.
 *
 * @param {object} of what to show
 * @param {number} of.threadId any number above zero, which is that of a main thread
 */
function showThread({threadId}) {
    threads.threadId = threadId;
}

/**
 * Completes `worker_threads` for one job.
 *
 * @param {object} of what to show
 * @param {number} of.threadId number of the run, above zero
 * @param {string} of.name name of the job
 * @param {unknown} of.workerData given to the job as it is
 * @param {object} [of.resourceLimits] the limits asked for, in MB as Worker takes them
 */
function describeThread({threadId, name, workerData, resourceLimits}) {
    threads.threadId = threadId;
    threads.workerData = workerData;
    showLater(threads, 'resourceLimits', () => completeLimits(resourceLimits));
    if ('threadName' in threads) {
        threads.threadName = name;
    }
    if (areExportsTaken) {
        require('node:module').syncBuiltinESMExports();
    }
}

module.exports = {endLoaders, installThreads, registersLoaders, showThread, describeThread};
