'use strict';

const {HEADER_BYTES, decodeHeader} = require('./frames.js');

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

module.exports = {FrameDecoder};
