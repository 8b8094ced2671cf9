'use strict';

/**
 * Structured clone between processes: values become bytes at one end and arrive at the other as `postMessage` of a
 * Worker would deliver them. Errors that end a job have a codec of their own, which keeps what a clone drops (code,
 * own properties, causes of causes). Host and worker use this same file.
 *
 * Built on the serializer of V8 that `node:v8` exposes, whose plain use differs from a Worker's in three points mended
 * here: it throws a plain Error where DataCloneError is due, it turns some of Node's own objects into `{}` without a
 * word, and it forgets which views shared one ArrayBuffer.
 */

const {types} = require('node:util');
const {Serializer, Deserializer} = require('node:v8');
const {assertPortable, notPortable} = require('./worker/portable.js');

/** The kinds of ArrayBuffer view, by the number that stands for each on the wire. Append only. */
const VIEW_TYPES = [
    'DataView',
    'Int8Array',
    'Uint8Array',
    'Uint8ClampedArray',
    'Int16Array',
    'Uint16Array',
    'Int32Array',
    'Uint32Array',
    'Float32Array',
    'Float64Array',
    'BigInt64Array',
    'BigUint64Array',
    'Float16Array'
];

/** On the wire instead of a view type: the bytes of a Buffer follow, without the ArrayBuffer it is a part of. */
const DETACHED_BYTES = 255;

const typedArrayTag = Object.getOwnPropertyDescriptor(
    Object.getPrototypeOf(Uint8Array.prototype),
    Symbol.toStringTag
).get;

class CloneWriter extends Serializer {
    constructor() {
        super();
        this._setTreatArrayBufferViewsAsHostObjects(true);
    }

    _getDataCloneError(message) {
        return new DOMException(message, 'DataCloneError');
    }

    _getSharedArrayBufferId(shared) {
        throw notPortable(shared);
    }

    /** Called by V8 for views, and for objects that only this process's native code understands. */
    _writeHostObject(object) {
        if (!ArrayBuffer.isView(object)) {
            throw notPortable(object);
        }
        const {buffer, byteOffset, byteLength} = object;
        // Small Buffers are slices of a pool of several KiB, and Buffers read from streams slices of their chunk: send
        // their own bytes, not what happens to lie beside them.
        if (Buffer.isBuffer(object) && byteLength < buffer.byteLength && !types.isSharedArrayBuffer(buffer)) {
            this.writeUint32(DETACHED_BYTES);
            this.writeUint32(byteLength);
            this.writeRawBytes(object);
            return;
        }
        this.writeUint32(VIEW_TYPES.indexOf(typedArrayTag.call(object) ?? 'DataView'));
        this.writeUint32(byteOffset);
        this.writeUint32(byteLength);
        this.writeValue(buffer);
    }
}

class CloneReader extends Deserializer {
    _readHostObject() {
        const type = this.readUint32();
        if (type === DETACHED_BYTES) {
            return new Uint8Array(this.readRawBytes(this.readUint32()));
        }
        const View = globalThis[VIEW_TYPES[type]];
        const byteOffset = this.readUint32();
        const byteLength = this.readUint32();
        const buffer = this.readValue();
        return new View(buffer, byteOffset, byteLength / (View.BYTES_PER_ELEMENT ?? 1));
    }
}

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
    const writer = new CloneWriter();
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
    const reader = new CloneReader(bytes);
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
    // Loaded when first needed: most workers end without an error.
    return serialize(require('./worker/error-envelope.js').toEnvelope(thrown, serialize));
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
    return require('./worker/error-envelope.js').fromEnvelope(deserialize(bytes), deserialize);
}

module.exports = {serialize, deserialize, serializeError, deserializeError};
