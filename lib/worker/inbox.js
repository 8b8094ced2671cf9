'use strict';

/** What the host sends while the job runs: read by the event loop, or taken in without waiting for it. */

const {FROM_HOST_FD, readAvailable} = require('./channel.js');
const {FrameDecoder} = require('../wire/frame-decoder.js');
const {ProtocolError} = require('../wire/frames.js');

/** Size of one read, in bytes. */
const READ_BYTES = 64 * 1024;

/**
 * Bytes are read into one buffer and copied out of it: Node would allocate 64 KiB for each read otherwise, which takes
 * longer than the rest of a short run.
 *
 * @param {(chunk: Buffer) => void} take
 */
function openSocket(take) {
    // A job that posts and ends does without: 2 ms.
    const {Socket} = require('node:net');
    try {
        const onread = {
            buffer: Buffer.allocUnsafeSlow(READ_BYTES),
            callback(length, buffer) {
                take(Buffer.from(buffer.subarray(0, length)));
                return true;
            }
        };
        return new Socket({fd: FROM_HOST_FD, readable: true, writable: false, onread});
    } catch (error) {
        throw new ProtocolError(
            `its channel from the host, descriptor ${FROM_HOST_FD}, was closed: ${error.message}`
        );
    }
}

class Inbox {
    #decoder = new FrameDecoder();
    #socket = null;
    #handlers;

    /**
     * @param {object} handlers what to do
     * @param {(kind: number, payload: Buffer) => void} handlers.onFrame with each whole frame, in order
     * @param {(error: Error) => void} handlers.onNonsense when the stream cannot be understood any more
     * @param {() => void} handlers.onGone when the host has closed its end
     */
    constructor(handlers) {
        this.#handlers = handlers;
    }

    /**
     * Lets the event loop read from now on, without being kept alive by it.
     *
     * @throws {ProtocolError} when the job has closed the descriptor
     */
    open() {
        if (this.#socket !== null) {
            return;
        }
        this.#socket = openSocket((chunk) => this.#take(chunk));
        this.#socket.unref();
        this.#socket.once('error', this.#handlers.onGone);
        this.#socket.once('end', this.#handlers.onGone);
    }

    /** Lets the channel keep the event loop alive. */
    ref() {
        this.#socket.ref();
    }

    /**
     * Takes in what has arrived and the event loop has not read yet, without waiting.
     *
     * @throws {Error} as open(), or when reading fails
     */
    poll() {
        this.open();
        for (;;) {
            const chunk = Buffer.allocUnsafeSlow(READ_BYTES);
            const count = readAvailable(chunk);
            if (count === 0) {
                // Nothing there, or the end, which the event loop will see as well.
                return;
            }
            this.#take(chunk.subarray(0, count));
        }
    }

    #take(chunk) {
        try {
            this.#decoder.push(chunk);
            for (let frame = this.#decoder.next(); frame !== null; frame = this.#decoder.next()) {
                this.#handlers.onFrame(frame.kind, frame.payload);
            }
        } catch (error) {
            this.#handlers.onNonsense(error);
        }
    }
}

module.exports = {Inbox};
