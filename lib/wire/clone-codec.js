'use strict';

/** V8's serializer with the corrections that lib/wire/clone.js describes. */

const {types} = require('node:util');
const {Serializer, Deserializer} = require('node:v8');
const {notPortable} = require('./portable.js');

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
        // Made of a number instead, it would have so many elements, all zero.
        if (View === undefined || !types.isAnyArrayBuffer(buffer)) {
            throw new RangeError('Unable to deserialize a view without its ArrayBuffer.');
        }
        return new View(buffer, byteOffset, byteLength / (View.BYTES_PER_ELEMENT ?? 1));
    }
}

module.exports = {CloneWriter, CloneReader};
