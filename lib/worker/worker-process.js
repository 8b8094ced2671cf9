'use strict';

/**
 * The life of a worker process.
 *
 * A spare is started ahead of time: it warms up (`--brief`: only a little), sends READY, and waits for its job in a
 * blocking read, costing no CPU time. A cold start (`--cold`) has its job already. Either becomes the job, and runs it when the frame GO arrives: `worker_threads`,
 * process and main module look as they do in a Worker, and nothing of this script can be seen in them.
 *
 * The other end of the channel is the worker room of the Rust engine; docs/design/worker-protocol.md describes what
 * both speak.
 */

const {Channel} = require('./channel.js');
const {Conversation} = require('./conversation.js');
const {endBroken, endOrphan, endSoon, installErrorReport, installOutput, noteExit} = require('./ending.js');
const {restoreOptions} = require('../wire/boot.js');
const {ToHost} = require('../wire/frames.js');
const {lookAtMain, noteEvents} = require('./main-export.js');
const {applyStart, checkGo, currentDirectory, parseStart, runSoon} = require('./start.js');
const {endLoaders, installThreads, registersLoaders, showThread} = require('./threads.js');

// Taken now: a job may install fake timers.
const {setImmediate, setTimeout} = globalThis;
const getActiveResourcesInfo = process.getActiveResourcesInfo.bind(process);

/** From the hand-over to reading the channel in the background, in ms. */
const OPEN_DELAY_MS = 1;

/** How often that is put off while an ES module is being loaded. */
const MOST_DELAYS = 20;

/** What Node lists while its loader of ES modules reads them; and the immediate of ours. */
const LOADING = new Set(['FSReqPromise', 'CloseReq', 'Immediate']);

/** Asked before the job's arguments take the place of ours. */
const [, , flag] = process.argv;

/** Started for a job that waits: its START frame is in the channel already. */
const isCold = flag === '--cold';

/** Started for a job that may not come, and then probably is an ES module. */
const isForModule = flag === '--brief-for-module';

/** Started for a job that may not come: what warming up costs must be worth it even then. */
const isBrief = flag === '--brief' || isForModule;

const channel = new Channel(endOrphan);

/** The job, once it is known. */
let job;

/** Whether the job has posted 'done': from then on the channel is not read. */
let isEnding = false;

/** The immediate that will look at the exports of the job's main module. */
let looking = null;

/** Whether the job kept the event loop alive when that was first looked at. */
let wasActive = false;

/** The runs of a process that is kept for a handler. */
let handlerLoop;

/** Where `@tryghost/job-manager/job` finds the run. */
const RUN = Symbol.for('@tryghost/job-manager.run');

/** The header of the START frame: about the process and the run. */
let header;

/** The run of a script that has asked for it. */
let scriptRun;

const conversation = new Conversation(channel, {
    onRunFrame: (kind, payload) => {
        if (handlerLoop === undefined) {
            throw new RangeError(`unexpected frame of kind ${kind}: this process runs a script`);
        }
        handlerLoop.take(kind, payload);
    },
    onCancel: () => {
        scriptRun?.abort(new Error('The job was asked to stop'));
    },
    onFinished: () => {
        if (job.kind === 'handler') {
            // A message like any other: the run ends when the handler returns.
            return;
        }
        isEnding = true;
        scriptRun?.flush();
        endSoon(channel);
    },
    onGone: endOrphan,
    onNonsense: (error) => endBroken(channel, error)
});

/** Waits for a frame that comes before the job runs; exits when the host has closed the channel. */
function nextFrame() {
    return channel.readBlocking() ?? process.reallyExit(0);
}

function takeJob() {
    const start = parseStart(nextFrame());
    applyStart(start.header, start.job);
    job = start.job;
    header = start.header;
}

/** Lets the script find its run. Made when it does: most scripts do not. */
function offerRun() {
    Object.defineProperty(globalThis, RUN, {
        configurable: true,
        get() {
            scriptRun ??= require('./later.js').scriptRun.createScriptRun(header, job.name, channel);
            return scriptRun;
        }
    });
}

function becomeJob() {
    if (job === undefined) {
        takeJob();
    }
    checkGo(nextFrame());
    if (job.kind === 'handler') {
        // On a fresh stack, as a script.
        setImmediate(() => void becomeHandler());
        return;
    }
    offerRun();
    channel.send(ToHost.ONLINE);
    // Not set now: the loop's clock has stood still for as long as this process booted or waited, so that the timer would
    // be due before the job. And not after the job: Node shows frames of its own in the traces of what a job awaits when
    // an immediate, or a timer that is due with the job's own, follows.
    setImmediate(openSoon);
    if (job.kind === 'file') {
        setImmediate(() => {
            looking = setImmediate(lookAtExports, job.target);
        });
    }
    runSoon(job);
}

/** Tells the host of a module that exports a function, unless the job has posted 'done'. */
function lookAtExports(file) {
    const before = {immediate: looking, wasActive};
    looking = null;
    if (!isEnding) {
        lookAtMain(file, before, (isIdle) => {
            if (!isEnding) {
                channel.send(ToHost.EXPORTS_FUNCTION, [isIdle ? 1 : 0]);
            }
        });
    }
}

/** Loads the handler; from then on the channel brings runs. What loading throws ends the process, as in a script. */
async function becomeHandler() {
    const {HandlerLoop, loadHandler} = require('./later.js').handlerLoop;
    channel.send(ToHost.LOADING);
    const handler = await loadHandler(job);
    handlerLoop = new HandlerLoop(job, handler, channel);
    noteExit(() => handlerLoop.beginNoMore());
    channel.send(ToHost.ONLINE);
    orEndBroken(() => conversation.listenForRuns());
}

/** Opens the channel once the job has begun, unless that was all of it: what it takes to read is a tenth of a short job. */
function openSoon() {
    setTimeout(openIfNeeded, OPEN_DELAY_MS, MOST_DELAYS).unref();
}

function openIfNeeded(delays) {
    if (isEnding) {
        return;
    }
    const active = getActiveResourcesInfo();
    wasActive = active.length > (looking ? 1 : 0);
    if (wasActive && delays > 0 && active.every((kind) => LOADING.has(kind))) {
        // Probably an ES module that has not begun. The shortest delay there is, so that no timer that the job sets
        // meanwhile is due before this one: see becomeJob().
        setTimeout(openIfNeeded, OPEN_DELAY_MS, delays - 1).unref();
    } else if (wasActive) {
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

/** Warms up, sends READY, and waits for the job. */
async function waitAsSpare() {
    const {warmUp} = require('./later.js').warmUp;
    await warmUp({
        isBrief,
        isForModule,
        importEmpty: () => import('./warm.mjs'),
        parseStart,
        applyStart,
        currentDirectory,
        conversation
    });
    channel.send(ToHost.READY);
    // Out of the promise, so that nothing of the job runs inside one of ours.
    setImmediate(() => {
        noteEvents();
        orEndBroken(becomeJob);
    });
}

/** Takes the flag that names this script from those that the job sees, and hands on. */
function hidePreload() {
    if (process.execArgv[0] === '--require' && process.execArgv[1] === __filename) {
        process.execArgv.splice(0, 2);
    }
}

/**
 * Makes the process look like a Worker, and its uncaught errors go to the host.
 *
 * @param {object} stage where the process is
 * @param {boolean} stage.isPreload before its preloads: a job that is known already is shown to them
 */
function prepare({isPreload}) {
    restoreOptions(process.env);
    installErrorReport(channel, () => handlerLoop?.beginNoMore());
    installOutput();
    installThreads({
        hasImported: !isCold && (!isBrief || isForModule),
        isBeforeLoaders: isPreload && registersLoaders(),
        getParentPort: () => conversation.parentPort,
        poll: () => conversation.poll()
    });
    if (isPreload) {
        hidePreload();
        if (isCold) {
            orEndBroken(takeJob);
        } else {
            process.argv.splice(1);
            showThread({threadId: process.pid});
        }
    }
}

/** Runs the job, or waits for one. */
function run() {
    endLoaders();
    if (isCold) {
        orEndBroken(becomeJob);
    } else {
        waitAsSpare();
    }
}

module.exports = {prepare, run};
