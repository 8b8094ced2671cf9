'use strict';

/**
 * The frames of the private channel between host and worker process, as pure data.
 *
 * A frame is a payload length (unsigned 32-bit little-endian, bytes), a kind (unsigned 8-bit) and the payload.
 * Each direction has its own numbers for kinds; see docs/design/worker-protocol.md.
 */

/** Bytes before each payload. */
const HEADER_BYTES = 5;

/** Largest payload of one frame, in bytes (256 MiB). */
const MAX_PAYLOAD_BYTES = 256 * 1024 * 1024;

/** What a frame from the host carries. */
const ToWorker = Object.freeze({START: 1, MESSAGE: 2, GO: 3, RUN: 4, ABORT: 5, TAKE_SIGNAL: 6, RECALL: 7});

/** What a frame from the worker carries. */
const ToHost = Object.freeze({
    READY: 1,
    MESSAGE: 2,
    DONE: 3,
    CANCELLED: 4,
    ERROR: 5,
    ONLINE: 6,
    PROGRESS: 7,
    LOG: 8,
    RESULT: 9,
    EXPORTS_FUNCTION: 10,
    FLUSHING: 11,
    SIGNAL: 12,
    RETURNED: 16,
    THREW: 17,
    ALIVE: 18,
    PERMANENT_ERROR: 19,
    NOT_BEGUN: 20,
    WORN: 21,
    LOADING: 22
});

/** The other side sent bytes that are not a valid frame of this protocol. */
class ProtocolError extends Error {
    /** @param {string} message what was wrong */
    constructor(message) {
        super(message);
        this.name = 'ProtocolError';
        this.code = 'ERR_WORKER_PROTOCOL';
    }
}

/**
 * Reads an unsigned 32-bit little-endian number. Written by hand, as below, because the first call of each method of
 * Buffer takes a process 0.05 ms, as long as the rest of a frame.
 *
 * @param {Uint8Array} bytes where from
 * @param {number} offset of its first byte
 * @returns {number} the number
 */
function readUint32(bytes, offset) {
    return (
        (bytes[offset] | (bytes[offset + 1] << 8) | (bytes[offset + 2] << 16) | (bytes[offset + 3] << 24)) >>>
        0
    );
}

/**
 * Writes a frame's header into the first HEADER_BYTES bytes of `frame`, whose rest is the payload.
 *
 * @param {Uint8Array} frame header space and payload
 * @param {number} kind one of ToWorker or ToHost
 * @returns {Uint8Array} the same bytes
 */
function sealFrame(frame, kind) {
    const length = frame.length - HEADER_BYTES;
    frame[0] = length;
    frame[1] = length >>> 8;
    frame[2] = length >>> 16;
    frame[3] = length >>> 24;
    frame[4] = kind;
    return frame;
}

/**
 * Builds a frame around a payload, which is copied.
 *
 * @param {number} kind one of ToWorker or ToHost
 * @param {Uint8Array} [payload] nothing when left out
 * @returns {Uint8Array} the frame
 */
function encodeFrame(kind, payload) {
    const frame = new Uint8Array(HEADER_BYTES + (payload ? payload.length : 0));
    if (payload) {
        frame.set(payload, HEADER_BYTES);
    }
    return sealFrame(frame, kind);
}

/**
 * Reads a frame's header.
 *
 * @param {Uint8Array} header at least HEADER_BYTES bytes
 * @returns {{length: number, kind: number}} payload length in bytes, and kind
 * @throws {ProtocolError} when the payload would be larger than MAX_PAYLOAD_BYTES
 */
function decodeHeader(header) {
    const length = readUint32(header, 0);
    if (length > MAX_PAYLOAD_BYTES) {
        throw new ProtocolError(
            `frame of ${length} bytes is larger than the limit of ${MAX_PAYLOAD_BYTES} bytes`
        );
    }
    return {length, kind: header[4]};
}

module.exports = {
    HEADER_BYTES,
    MAX_PAYLOAD_BYTES,
    ToWorker,
    ToHost,
    ProtocolError,
    readUint32,
    sealFrame,
    encodeFrame,
    decodeHeader
};
