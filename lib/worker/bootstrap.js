'use strict';

/**
 * What runs inside each worker process, before the job and beneath it.
 *
 * A spare is started ahead of time: it warms up, says READY, and waits for its job in a blocking read, costing no CPU
 * time. A cold start (`--cold`) has its job already. Either becomes the job, and runs it at the word: `worker_threads`,
 * process and main module look as they do in a Worker, and nothing of this script can be seen in them.
 *
 * The other end of the channel is the worker room of the Rust engine; docs/design/worker-protocol.md describes what
 * both speak.
 */

const path = require('node:path');
const {Channel} = require('./channel.js');
const {Conversation} = require('./conversation.js');
const {endBroken, endOrphan, endSoon, installErrorReport, installOutput} = require('./ending.js');
const {ToHost} = require('../wire/frames.js');
const {applyStart, checkGo, currentDirectory, parseStart, runSoon} = require('./start.js');
const {installThreads} = require('./threads.js');

// Taken now: a job may install fake timers.
const {setImmediate, setTimeout} = globalThis;
const getActiveResourcesInfo = process.getActiveResourcesInfo.bind(process);

/** Holds all modules of this script. */
const LIB = path.dirname(__dirname);

/** From the hand-over to reading the channel in the background, in ms. */
const OPEN_DELAY_MS = 1;

const channel = new Channel(endOrphan);

/** Whether the job has said that it has finished: then there is nothing to hear any more. */
let isEnding = false;

const conversation = new Conversation(channel, {
    onLastWord: () => {
        isEnding = true;
        endSoon();
    },
    onGone: endOrphan,
    onNonsense: (error) => endBroken(channel, error)
});

/** Leaves no module of this script where the job could meet it. */
function hideModules() {
    for (const file of Object.keys(require.cache)) {
        if (file.startsWith(LIB + path.sep)) {
            delete require.cache[file];
        }
    }
    delete process.mainModule;
}

/** Waits for what the host says before the job runs; leaves when it says nothing more. */
function nextFrame() {
    return channel.readBlocking() ?? process.reallyExit(0);
}

function becomeJob() {
    const {header, job} = parseStart(nextFrame());
    applyStart(header, job);
    checkGo(nextFrame());
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
    if (isEnding) {
        return;
    }
    if (getActiveResourcesInfo().length > 0) {
        open();
    } else {
        // Nothing that Node lists keeps this process alive: it ends now. If not, it is for work of a native addon, or
        // for what the job does in 'beforeExit'.
        setTimeout(open, OPEN_DELAY_MS).unref();
    }
}

function open() {
    orEndBroken(() => conversation.listen());
}

function orEndBroken(action) {
    try {
        action();
    } catch (error) {
        endBroken(channel, error);
    }
}

/** Warms up, says so, and waits for the job. */
async function waitAsSpare(warmUp) {
    await warmUp({
        importEmpty: () => import('./warm.mjs'),
        parseStart,
        applyStart,
        currentDirectory,
        conversation
    });
    channel.send(ToHost.READY);
    // Out of the promise, so that nothing of the job runs inside one of ours.
    setImmediate(() => orEndBroken(becomeJob));
}

function main() {
    const isCold = process.argv[2] === '--cold';
    const warmUp = isCold ? null : require('./later.js').warmUp.warmUp;
    hideModules();
    installErrorReport(channel);
    installOutput();
    installThreads({
        hasImported: !isCold,
        getParentPort: () => conversation.parentPort,
        poll: () => conversation.poll()
    });
    if (isCold) {
        orEndBroken(becomeJob);
    } else {
        waitAsSpare(warmUp);
    }
}

main();
