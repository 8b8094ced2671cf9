'use strict';

/**
 * The host's end of the worker protocol in plain JavaScript, so that the script inside the worker process can be
 * tested without the addon.
 */

const {spawn} = require('node:child_process');
const {EventEmitter, once} = require('node:events');
const path = require('node:path');
const {deserialize, deserializeError, serialize} = require('../../lib/wire/clone.js');
const {FrameDecoder} = require('../../lib/wire/frame-decoder.js');
const {ToHost, ToWorker, encodeFrame} = require('../../lib/wire/frames.js');

const BOOTSTRAP = path.join(__dirname, '..', '..', 'lib', 'worker', 'bootstrap.bundle.cjs');

/**
 * Builds the payload of a START frame.
 *
 * @param {object} header plain JSON
 * @param {object} job anything structured clone accepts, or a Buffer to be taken as it is
 * @returns {Buffer} the payload
 */
function startPayload(header, job) {
    const json = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(json.length);
    return Buffer.concat([length, json, Buffer.isBuffer(job) ? job : serialize(job)]);
}

/** START with this payload, and GO: what a process is told for its job to run. */
function startFrames(payload) {
    return Buffer.concat([encodeFrame(ToWorker.START, payload), encodeFrame(ToWorker.GO)]);
}

function collect(stream) {
    const chunks = [];
    stream?.on('data', (chunk) => chunks.push(chunk));
    return () => Buffer.concat(chunks).toString();
}

/**
 * One worker process. Emits 'frame' (kind, payload); settles `isReady` once a spare has said READY (at once for a cold
 * start, which does not), and `ended` with what the process left behind.
 */
class WorkerProcess extends EventEmitter {
    /**
     * @param {object} [options] how to start it
     * @param {boolean} [options.cold] without warming up
     * @param {boolean} [options.brief] as a spare that warms up only a little
     * @param {string[]} [options.execArgv] flags for Node
     * @param {NodeJS.ProcessEnv} [options.env] environment of the process; the host's own by default
     * @param {string} [options.node] Node executable
     */
    constructor({
        cold = false,
        brief = false,
        execArgv = [],
        env = process.env,
        node = process.execPath
    } = {}) {
        super();
        const flags = [cold && '--cold', brief && '--brief'].filter(Boolean);
        const args = [...execArgv, BOOTSTRAP, ...flags];
        this.child = spawn(node, args, {
            env,
            detached: true,
            stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe']
        });
        [, , , this.toWorker, this.fromWorker] = this.child.stdio;
        // A worker that ended no longer reads; its exit says so.
        this.toWorker.on('error', () => {});
        this.stdout = collect(this.child.stdout);
        this.stderr = collect(this.child.stderr);
        this.decoder = new FrameDecoder();
        this.fromWorker.on('data', (chunk) => this.#decode(chunk));
        this.isReady = cold ? Promise.resolve() : this.#readyFrame();
        // Not everyone waits for it.
        this.isReady.catch(() => {});
        this.ended = once(this.child, 'close').then(([code, signal]) => ({
            code,
            signal,
            stdout: this.stdout(),
            stderr: this.stderr()
        }));
    }

    async #readyFrame() {
        const [kind] = await once(this, 'frame');
        if (kind !== ToHost.READY) {
            throw new Error(`expected READY, got a frame of kind ${kind}`);
        }
    }

    #decode(chunk) {
        this.decoder.push(chunk);
        for (let frame = this.decoder.next(); frame; frame = this.decoder.next()) {
            this.emit('frame', frame.kind, frame.payload);
        }
    }

    /** Sends raw bytes. */
    write(bytes) {
        this.toWorker.write(bytes);
    }

    /** Sends START and GO. */
    start(header, job) {
        this.write(startFrames(startPayload({cwd: process.cwd(), env: null, ...header}, job)));
    }

    /** Sends MESSAGE. */
    postMessage(value) {
        this.write(encodeFrame(ToWorker.MESSAGE, serialize(value)));
    }

    /** Closes the host's end, as its death would. */
    disconnect() {
        this.toWorker.destroy();
    }

    /** Kills the process; `ended` still settles. */
    kill() {
        this.child.kill('SIGKILL');
    }
}

/** Turns a frame of the worker into what the host learns from it. */
function decodeFrame(kind, payload) {
    switch (kind) {
        case ToHost.ONLINE:
            return {type: 'online'};
        case ToHost.ERROR:
        case ToHost.PERMANENT_ERROR:
            return {type: 'error', value: deserializeError(payload)};
        case ToHost.DONE:
            return {type: 'done', value: deserialize(payload)};
        case ToHost.CANCELLED:
            return {type: 'cancelled', value: deserialize(payload)};
        default:
            return {type: 'message', value: deserialize(payload)};
    }
}

module.exports = {WorkerProcess, startFrames, startPayload, decodeFrame, BOOTSTRAP};
