'use strict';

/**
 * Structured clone between processes: values become bytes at one end and arrive at the other as `postMessage` of a
 * Worker would deliver them. Errors that end a job have a codec of their own, which keeps what a clone drops (code,
 * own properties, causes of causes). Host and worker use this same file.
 *
 * Built on the serializer of V8 that `node:v8` exposes. Its plain use differs from a Worker's in three points, which are
 * corrected here: it throws a plain Error instead of DataCloneError; it does not keep which views share one ArrayBuffer;
 * and it silently turns objects of Node's own classes (Blob, BlockList, ReadableStream, ...), whose state it cannot see,
 * into `{}`. A Worker has its own way to clone some of those and throws DataCloneError for the others; here all throw.
 */

const {assertPortable} = require('./portable.js');
const {fromEnvelope, toEnvelope} = require('./error-envelope.js');

/** Loaded when first used: `node:v8`, which it extends, takes 1 ms. */
const codec = () => require('./clone-codec.js');

/**
 * Turns a value into bytes.
 *
 * @param {unknown} value anything structured clone accepts and another process can hold
 * @param {number} [headroomBytes] bytes left free at the front of the result, for the caller to fill in
 * @returns {Buffer} the headroom, then the bytes for deserialize()
 * @throws {DOMException} DataCloneError (code 25) for what cannot be cloned or cannot leave this process
 */
function serialize(value, headroomBytes = 0) {
    assertPortable(value);
    const writer = new (codec().CloneWriter)();
    if (headroomBytes > 0) {
        writer.writeRawBytes(new Uint8Array(headroomBytes));
    }
    writer.writeHeader();
    writer.writeValue(value);
    return writer.releaseBuffer();
}

/**
 * Turns bytes of serialize() back into a value.
 *
 * @param {Uint8Array} bytes without headroom
 * @returns {unknown} the value
 * @throws {Error} when the bytes are not of serialize()
 */
function deserialize(bytes) {
    const reader = new (codec().CloneReader)(bytes);
    reader.readHeader();
    return reader.readValue();
}

/**
 * Turns whatever was thrown into bytes. Never throws for what a job may throw: parts that cannot be cloned become text
 * or are left out.
 *
 * @param {unknown} thrown an error, or any other thrown value
 * @returns {Buffer} bytes for deserializeError()
 */
function serializeError(thrown) {
    return serialize(toEnvelope(thrown, serialize));
}

/**
 * Turns bytes of serializeError() back into what was thrown: an Error of the same built-in kind with name, message,
 * stack, code, cause and own properties, or the value itself when it was no error.
 *
 * @param {Uint8Array} bytes of serializeError()
 * @returns {unknown} the error or value
 * @throws {Error} when the bytes are not of serializeError()
 */
function deserializeError(bytes) {
    return fromEnvelope(deserialize(bytes), deserialize);
}

module.exports = {serialize, deserialize, serializeError, deserializeError};
