'use strict';

/**
 * What runs inside each worker process, before the job and beneath it.
 *
 * A spare is started ahead of time: it warms up, says READY, and waits for its job in a blocking read, costing no CPU
 * time. A cold start (`--cold`) says READY at once. Either then becomes the job: `worker_threads`, process and main
 * module look as they do in a Worker, and nothing of this script can be seen in them.
 *
 * The other end of the channel is the worker room of the Rust engine; docs/design/worker-protocol.md describes what
 * both speak.
 */

const path = require('node:path');
const {serialize, deserialize} = require('./clone.js');
const {Channel} = require('./worker/channel.js');
const {endBroken, endOrphan, endSoon, installErrorReport, installOutput} = require('./worker/ending.js');
const {HEADER_BYTES, MAX_PAYLOAD_BYTES, PROTOCOL_VERSION, ToHost, ToWorker} = require('./worker/frames.js');
const {applyStart, parseStart, runSoon} = require('./worker/start.js');
const {installThreads} = require('./worker/threads.js');

// Taken now: a job may install fake timers.
const {setImmediate, setTimeout} = globalThis;
const getActiveResourcesInfo = process.getActiveResourcesInfo.bind(process);

/** From the hand-over to reading the channel in the background, in ms. */
const OPEN_DELAY_MS = 1;

/** The message a job says it has finished with, and those for stopping it and for having stopped. */
const DONE = 'done';
const CANCEL = 'cancel';
const CANCELLED = 'cancelled';

const channel = new Channel(endOrphan);

/** Whether 'cancel' has been given to the job: 'cancelled' ends the process only as the answer to it. */
let isCancelRequested = false;

function kindOf(value) {
    if (value === DONE) {
        return ToHost.DONE;
    }
    return value === CANCELLED ? ToHost.CANCELLED : ToHost.MESSAGE;
}

/** Sends what the job posts; it has left the process when this returns. */
function post(value, release) {
    const frame = serialize(value, HEADER_BYTES);
    if (frame.length - HEADER_BYTES > MAX_PAYLOAD_BYTES) {
        throw Object.assign(
            new RangeError(
                `message of ${frame.length - HEADER_BYTES} bytes is larger than the limit of ${MAX_PAYLOAD_BYTES} bytes`
            ),
            {code: 'ERR_MESSAGE_TOO_LARGE'}
        );
    }
    release();
    const kind = kindOf(value);
    channel.sendInPlace(kind, frame);
    if (kind === ToHost.DONE || (kind === ToHost.CANCELLED && isCancelRequested)) {
        endSoon();
    }
}

function receive(deliver, kind, payload) {
    if (kind !== ToWorker.MESSAGE) {
        throw new RangeError(`unexpected frame of kind ${kind}`);
    }
    const value = deserialize(payload);
    isCancelRequested ||= value === CANCEL;
    deliver(value);
}

/** Leaves no module of this script where the job could meet it. */
function hideModules() {
    for (const file of Object.keys(require.cache)) {
        if (file.startsWith(__dirname + path.sep)) {
            delete require.cache[file];
        }
    }
    delete process.mainModule;
}

function becomeJob() {
    const frame = channel.readBlocking();
    if (frame === null) {
        process.reallyExit(0);
    }
    const {header, job} = parseStart(frame);
    applyStart(header, job);
    channel.send(ToHost.ONLINE);
    // Not set now: the loop's clock has stood still for as long as this process booted or waited, so that the timer would
    // be due before the job. And not after the job: Node shows frames of its own in the traces of what a job awaits when
    // an immediate, or a timer that is due with the job's own, follows.
    setImmediate(openSoon);
    runSoon(job);
}

/** Opens the channel once the job has begun, unless that was all of it: what it takes to read is a tenth of a short job. */
function openSoon() {
    setTimeout(openIfNeeded, OPEN_DELAY_MS).unref();
}

function openIfNeeded() {
    if (getActiveResourcesInfo().length > 0) {
        open();
    } else {
        // Nothing that Node lists keeps this process alive: it ends now. If not, it is for work of a native addon, or
        // for what the job does in 'beforeExit'.
        setTimeout(open, OPEN_DELAY_MS).unref();
    }
}

function open() {
    orEndBroken(() => channel.open());
}

function orEndBroken(action) {
    try {
        action();
    } catch (error) {
        endBroken(channel, error);
    }
}

function sayReady() {
    channel.send(ToHost.READY, Buffer.from(JSON.stringify({protocol: PROTOCOL_VERSION})));
}

async function waitAsSpare(warmUp) {
    await warmUp();
    sayReady();
    // Out of the promise, so that nothing of the job runs inside one of ours.
    setImmediate(() => orEndBroken(becomeJob));
}

function main() {
    const isCold = process.argv[2] === '--cold';
    const warmUp = isCold ? null : require('./worker/warm-up.js').warmUp;
    hideModules();
    installErrorReport(channel);
    installOutput();
    const deliver = installThreads(post, () => channel.poll());
    channel.subscribe(
        (kind, payload) => receive(deliver, kind, payload),
        (error) => endBroken(channel, error)
    );
    if (isCold) {
        sayReady();
        orEndBroken(becomeJob);
    } else {
        waitAsSpare(warmUp);
    }
}

main();
