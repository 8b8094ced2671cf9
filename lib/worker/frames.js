'use strict';

/**
 * The frames of the private channel between host and worker process, as pure data.
 *
 * A frame is a payload length (unsigned 32-bit little-endian, bytes), a kind (unsigned 8-bit) and the payload.
 * Numbers of kinds are apart for each direction; see docs/design/worker-protocol.md.
 */

/** Version of the protocol, said by the worker in READY. */
const PROTOCOL_VERSION = 1;

/** Bytes before each payload. */
const HEADER_BYTES = 5;

/** Largest payload of one frame, in bytes (256 MiB). */
const MAX_PAYLOAD_BYTES = 256 * 1024 * 1024;

/** What a frame from the host carries. */
const ToWorker = Object.freeze({START: 1, MESSAGE: 2});

/** What a frame from the worker carries. */
const ToHost = Object.freeze({READY: 1, MESSAGE: 2, DONE: 3, CANCELLED: 4, ERROR: 5, ONLINE: 6});

/** The far side said something that is no frame of this protocol. */
class ProtocolError extends Error {
    /** @param {string} message what was wrong */
    constructor(message) {
        super(message);
        this.name = 'ProtocolError';
        this.code = 'ERR_WORKER_PROTOCOL';
    }
}

/**
 * Writes a frame's header into the first HEADER_BYTES bytes of `frame`, whose rest is the payload.
 *
 * @param {Buffer} frame header space and payload
 * @param {number} kind one of ToWorker or ToHost
 * @returns {Buffer} the same buffer
 */
function sealFrame(frame, kind) {
    frame.writeUInt32LE(frame.length - HEADER_BYTES, 0);
    frame[4] = kind;
    return frame;
}

/**
 * Builds a frame around a payload, which is copied.
 *
 * @param {number} kind one of ToWorker or ToHost
 * @param {Uint8Array} [payload] nothing when left out
 * @returns {Buffer} the frame
 */
function encodeFrame(kind, payload) {
    const frame = Buffer.allocUnsafe(HEADER_BYTES + (payload ? payload.length : 0));
    if (payload) {
        frame.set(payload, HEADER_BYTES);
    }
    return sealFrame(frame, kind);
}

/**
 * Reads a frame's header.
 *
 * @param {Buffer} header at least HEADER_BYTES bytes
 * @returns {{length: number, kind: number}} payload length in bytes, and kind
 * @throws {ProtocolError} when the payload would be larger than MAX_PAYLOAD_BYTES
 */
function decodeHeader(header) {
    const length = header.readUInt32LE(0);
    if (length > MAX_PAYLOAD_BYTES) {
        throw new ProtocolError(
            `frame of ${length} bytes is larger than the limit of ${MAX_PAYLOAD_BYTES} bytes`
        );
    }
    return {length, kind: header[4]};
}

/** Cuts a stream of bytes into frames; each byte is copied at most once. */
class FrameDecoder {
    #chunks = [];
    #bufferedBytes = 0;

    /** @param {Buffer} chunk the next bytes of the stream; kept, not copied */
    push(chunk) {
        this.#chunks.push(chunk);
        this.#bufferedBytes += chunk.length;
    }

    /**
     * @returns {{kind: number, payload: Buffer} | null} the next whole frame, or null when more bytes are needed
     * @throws {ProtocolError} when the next frame is larger than the limit
     */
    next() {
        if (this.#bufferedBytes < HEADER_BYTES) {
            return null;
        }
        if (this.#chunks[0].length < HEADER_BYTES) {
            this.#chunks = [Buffer.concat(this.#chunks)];
        }
        const {length, kind} = decodeHeader(this.#chunks[0]);
        const end = HEADER_BYTES + length;
        if (this.#bufferedBytes < end) {
            return null;
        }
        const bytes = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks);
        this.#bufferedBytes -= end;
        this.#chunks = this.#bufferedBytes > 0 ? [bytes.subarray(end)] : [];
        return {kind, payload: bytes.subarray(HEADER_BYTES, end)};
    }
}

module.exports = {
    PROTOCOL_VERSION,
    HEADER_BYTES,
    MAX_PAYLOAD_BYTES,
    ToWorker,
    ToHost,
    ProtocolError,
    FrameDecoder,
    sealFrame,
    encodeFrame,
    decodeHeader
};
