'use strict';

/**
 * The worker's end of the private channel: two inherited descriptors, and nothing else shared with the host.
 *
 * What goes to the host is written synchronously, so that it is out of this process the moment `send` returns,
 * whatever the job does next. What comes from the host is read by blocking until the job is known, and by the event
 * loop from then on, without keeping the loop alive.
 */

const fs = require('node:fs');
const {ProtocolError, HEADER_BYTES, decodeHeader, encodeFrame, sealFrame} = require('../wire/frames.js');

/** The descriptor frames of the host arrive on. */
const FROM_HOST_FD = 3;

/** The descriptor frames to the host leave by. */
const TO_HOST_FD = 4;

/** What a write says when there is no host to read it. */
const HOST_GONE = new Set(['EPIPE', 'ECONNRESET']);

/** Pauses when the other side has made the descriptors non-blocking and they have no room or nothing to read, in ms. */
const SHORTEST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 50;

// Taken now: a job may replace what the modules and globals offer.
const {readSync, writeSync} = fs;
const wait = Atomics.wait;
let pauseCell;

/** Calls `operation` until it does not say EAGAIN, pausing longer and longer. */
function untilPossible(operation) {
    for (let pauseMs = SHORTEST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
        try {
            return operation();
        } catch (error) {
            if (error.code !== 'EAGAIN') {
                throw error;
            }
            pauseCell ??= new Int32Array(new SharedArrayBuffer(4));
            wait(pauseCell, 0, 0, pauseMs);
        }
    }
}

/**
 * Writes all of a buffer to a descriptor before it returns.
 *
 * @param {number} fd where to
 * @param {Uint8Array} bytes what
 * @throws {Error} as fs.writeSync does, EAGAIN excepted
 */
function writeFully(fd, bytes) {
    let offset = 0;
    while (offset < bytes.length) {
        offset += untilPossible(() => writeSync(fd, bytes, offset, bytes.length - offset));
    }
}

/** Fills a buffer from the host by blocking; returns how many bytes came before the end of the stream. */
function readFully(bytes) {
    let offset = 0;
    while (offset < bytes.length) {
        const count = untilPossible(() => readSync(FROM_HOST_FD, bytes, offset, bytes.length - offset, null));
        if (count === 0) {
            break;
        }
        offset += count;
    }
    return offset;
}

/**
 * Reads what has arrived from the host, without waiting where its end of the channel does not.
 *
 * @param {Uint8Array} bytes where to
 * @returns {number} how many came; 0 when none is there, and at the end of the channel
 * @throws {Error} as fs.readSync does, EAGAIN excepted
 */
function readAvailable(bytes) {
    try {
        return readSync(FROM_HOST_FD, bytes, 0, bytes.length, null);
    } catch (error) {
        if (error.code !== 'EAGAIN') {
            throw error;
        }
        return 0;
    }
}

class Channel {
    #hasWritten = false;
    #onGone;

    /** @param {() => void} onGone called when the host has closed its end; expected to end the process */
    constructor(onGone) {
        this.#onGone = onGone;
    }

    /**
     * Sends a frame; it has left this process when this returns.
     *
     * @param {number} kind one of ToHost
     * @param {Uint8Array} [payload] nothing when left out
     */
    send(kind, payload) {
        this.#write(encodeFrame(kind, payload));
    }

    /**
     * Like send(), for a buffer that already has the space of the header in front: saves a copy.
     *
     * @param {number} kind one of ToHost
     * @param {Buffer} frame header space and payload
     */
    sendInPlace(kind, frame) {
        this.#write(sealFrame(frame, kind));
    }

    #write(frame) {
        try {
            writeFully(TO_HOST_FD, frame);
            this.#hasWritten = true;
        } catch (error) {
            // A descriptor that was good before has been closed by the job.
            const isClosed = this.#hasWritten && error.code === 'EBADF';
            if (!isClosed && !HOST_GONE.has(error.code)) {
                throw error;
            }
            this.#onGone();
        }
    }

    /**
     * Waits for one frame by blocking the thread.
     *
     * @returns {{kind: number, payload: Buffer} | null} the frame, or null when the host closed before it began
     * @throws {ProtocolError} when the frame is too large or stops in the middle
     */
    readBlocking() {
        const header = new Uint8Array(HEADER_BYTES);
        const headerBytes = readFully(header);
        if (headerBytes === 0) {
            return null;
        }
        if (headerBytes < HEADER_BYTES) {
            throw new ProtocolError('channel closed inside the header of a frame');
        }
        const {length, kind} = decodeHeader(header);
        const payload = Buffer.allocUnsafeSlow(length);
        if (readFully(payload) < length) {
            throw new ProtocolError('channel closed inside a frame');
        }
        return {kind, payload};
    }
}

module.exports = {Channel, FROM_HOST_FD, readAvailable, writeFully};
