'use strict';

/**
 * What a spare does before it says READY, so that a job handed to it does not wait for it: loading modules, and running
 * once what will run again, since V8 compiles functions at their first call.
 *
 * Gains in the time to the job's first line, medians: rehearsing the start 0.3 ms; the ES module loader 2.6 ms;
 * the socket 0.9 ms for an ES module on Node 20; a turn of the event loop 0.4 ms; collecting garbage 0.8 ms on Node 20.
 */

const {serialize} = require('../wire/clone.js');
const {ToWorker} = require('../wire/frames.js');

/** Arrays of 8 KiB that are sure to fill the young generation of a process just booted. */
const GARBAGE_ARRAYS = 2000;
const GARBAGE_ARRAY_LENGTH = 1024;

/** So often that V8 compiles what is hot in it again, for speed, before the job needs the processor. */
const START_ROUNDS = 4;

function rehearseStart({applyStart, currentDirectory, parseStart}, rounds) {
    const header = Buffer.from(JSON.stringify({threadId: 1, cwd: currentDirectory(), env: null}));
    const headerLength = Buffer.alloc(4);
    headerLength.writeUInt32LE(header.length);
    const job = serialize({name: 'spare', kind: 'file', target: __filename, argv: [], workerData: {job: {}}});
    const frame = {kind: ToWorker.START, payload: Buffer.concat([headerLength, header, job])};
    for (let round = 0; round < rounds; round += 1) {
        const start = parseStart(frame);
        applyStart(start.header, start.job);
    }
}

function rehearseSocket() {
    const {Socket} = require('node:net');
    const socket = new Socket({readable: true, writable: false});
    socket.unref();
    socket.on('data', () => {});
    socket.once('end', () => {});
    socket.destroy();
}

/** Two immediates and a timer, as between the hand-over and the opening of the channel. */
function rehearseTurn() {
    return new Promise((resolve) => {
        setImmediate(() => setTimeout(resolve, 1));
        setImmediate(() => {});
    });
}

/** How much of the young generation is in use, in bytes. */
function youngBytes() {
    const {getHeapSpaceStatistics} = require('node:v8');
    return getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_used_size;
}

/**
 * Makes V8 collect the garbage of booting now, and stops there: it would do so in the job's first milliseconds, or soon
 * after if this went on.
 */
function collectGarbage() {
    let before = 0;
    let now = youngBytes();
    for (let count = 0; count < GARBAGE_ARRAYS && now >= before; count += 1) {
        new Array(GARBAGE_ARRAY_LENGTH).fill(count);
        before = now;
        now = youngBytes();
    }
}

/**
 * Warms this process up; afterwards it is as before but for what is loaded and compiled.
 *
 * @param {object} script what will be used in earnest
 * @param {boolean} script.isBrief do only what costs no more than it saves the job
 * @param {boolean} script.isForModule the job is probably an ES module, which would load that loader otherwise
 * @param {() => Promise<unknown>} script.importEmpty imports an empty module
 * @param {Function} script.parseStart of start.js
 * @param {Function} script.applyStart of start.js
 * @param {Function} script.currentDirectory of start.js
 * @param {import('./conversation.js').Conversation} script.conversation not begun
 */
async function warmUp({
    isBrief,
    isForModule,
    importEmpty,
    parseStart,
    applyStart,
    currentDirectory,
    conversation
}) {
    conversation.prepare();
    if (isForModule) {
        await importEmpty();
    }
    if (isBrief) {
        rehearseStart({parseStart, applyStart, currentDirectory}, 1);
        return;
    }
    rehearseSocket();
    await importEmpty();
    rehearseStart({parseStart, applyStart, currentDirectory}, START_ROUNDS);
    await rehearseTurn();
    collectGarbage();
}

module.exports = {warmUp};
