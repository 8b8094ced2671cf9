'use strict';

/**
 * What a job sees as `worker_threads`: Node's own module, on which the few properties that tell a Worker from a main
 * thread are replaced. ES modules see the same, under both spellings of the name.
 *
 * `parentPort` is one end of a real MessageChannel. What comes from the host is posted into the other end, so that
 * every way of listening, its order and its effect on the life of the event loop are Node's own. What the job posts
 * does not pass through the channel but leaves at once, through the frames of the host.
 */

const {syncBuiltinESMExports} = require('node:module');
const threads = require('node:worker_threads');

const BYTES_PER_MB = 1024 * 1024;

/** Size V8 gives the young generation of a 64-bit process, in MB: three semi-spaces, larger since Node 24. */
const YOUNG_GENERATION_MB = Number.parseInt(process.versions.node, 10) >= 24 ? 192 : 48;

/** Stack of a Worker, in MB, as Node reports it. */
const STACK_MB = 4;

const {MessagePort, receiveMessageOnPort: nodeReceive} = threads;
const nodePostMessage = MessagePort.prototype.postMessage;
const nodeClose = MessagePort.prototype.close;

function hide(object, name, value) {
    Object.defineProperty(object, name, {value, enumerable: false, writable: true, configurable: true});
}

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

/** The list of a postMessage() call, in either of its forms, as an array; empty when there is none or it is not one. */
function transfersOf(listOrOptions) {
    const list = listOrOptions?.[Symbol.iterator] ? listOrOptions : listOrOptions?.transfer;
    return list?.[Symbol.iterator] ? [...list] : [];
}

function assertTransferable(transfers) {
    for (const item of transfers) {
        if (item instanceof MessagePort || item?.constructor?.name === 'FileHandle') {
            throw new DOMException(
                `#<${item.constructor.name}> could not be transferred: it cannot be moved to another process.`,
                'DataCloneError'
            );
        }
    }
}

/**
 * Checks and empties what a job transfers. A closed port still checks its arguments, with the errors Node has for
 * them, and detaches what is transferred, as the standard wants.
 */
function detach(listOrOptions) {
    const {port1, port2} = new MessageChannel();
    port1.close();
    port2.close();
    nodePostMessage.call(port1, undefined, listOrOptions);
}

/**
 * Makes the two ends.
 *
 * @param {(value: unknown, release: () => void) => void} post sends a value of the job's to the host; calls `release`
 *   once the value is copied and before it is sent
 * @returns {{parentPort: MessagePort, deliver: (value: unknown) => void}} the end for the job, and the way to it
 */
function createParentPort(post) {
    const {port1: parentPort, port2: hostEnd} = new threads.MessageChannel();
    let isClosed = false;
    hide(parentPort, 'postMessage', function postMessage(value, listOrOptions) {
        if (isClosed || arguments.length === 0) {
            // Node's own checks, then drops the message, or throws for the missing argument.
            nodePostMessage.apply(parentPort, arguments);
            return;
        }
        if (listOrOptions === undefined || listOrOptions === null) {
            post(value, () => {});
            return;
        }
        const transfers = transfersOf(listOrOptions);
        assertTransferable(transfers);
        post(value, () => detach(transfers.length > 0 ? transfers : listOrOptions));
    });
    hide(parentPort, 'close', function close(callback) {
        isClosed = true;
        nodeClose.call(parentPort, callback);
    });
    return {parentPort, deliver: (value) => hostEnd.postMessage(value)};
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
 * @param {(value: unknown, release: () => void) => void} post as for createParentPort()
 * @param {() => void} poll takes in what has arrived from the host, for those who do not wait for the event loop
 * @returns {(value: unknown) => void} the way to the job's listeners
 */
function installThreads(post, poll) {
    const {parentPort, deliver} = createParentPort(post);
    threads.isMainThread = false;
    threads.parentPort = parentPort;
    threads.receiveMessageOnPort = function receiveMessageOnPort(port) {
        if (port === parentPort) {
            poll();
        }
        return nodeReceive(port);
    };
    return deliver;
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
    syncBuiltinESMExports();
}

module.exports = {installThreads, describeThread};
