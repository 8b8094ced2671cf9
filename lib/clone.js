'use strict';

/**
 * Structured clone between processes: values become bytes at one end and arrive at the other as `postMessage` of a
 * Worker would deliver them. Errors that end a job have a codec of their own, which keeps what a clone drops (code,
 * own properties, causes of causes). Host and worker use this same file.
 *
 * Built on the serializer of V8 that `node:v8` exposes, whose plain use differs from a Worker's in three points mended
 * here: it throws a plain Error where DataCloneError is due; it forgets which views shared one ArrayBuffer; and
 * objects of Node's own classes (Blob, BlockList, ReadableStream, ...), which carry their state where it does not look,
 * turn into `{}` without a word. A Worker clones those by means of its own or throws DataCloneError; here all of them
 * throw.
 *
 * One file on purpose, like the others of the worker: each costs a cold start a third of a millisecond.
 */

const {types} = require('node:util');
const {Serializer, Deserializer} = require('node:v8');
const {fromEnvelope, toEnvelope} = require('./worker/error-envelope.js');

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

/** How to go on from an object with a certain prototype. */
const Walk = Object.freeze({NONE: 0, PROPERTIES: 1, MAP: 2, SET: 3, PROBE: 4, REFUSE: 5});

/** Beyond this length an array is walked by its keys: it may be sparse, and a loop over four billion holes would hang. */
const LONGEST_INDEXED_ARRAY = 10_000_000;

const walkByPrototype = new WeakMap([
    [Object.prototype, Walk.PROPERTIES],
    [Array.prototype, Walk.PROPERTIES],
    [Error.prototype, Walk.PROPERTIES],
    [Map.prototype, Walk.MAP],
    [Set.prototype, Walk.SET],
    [Date.prototype, Walk.NONE],
    [RegExp.prototype, Walk.NONE],
    [ArrayBuffer.prototype, Walk.NONE],
    [DataView.prototype, Walk.NONE],
    [Object.getPrototypeOf(Uint8Array.prototype), Walk.NONE],
    [WebAssembly.Module.prototype, Walk.REFUSE]
]);

/**
 * @param {object} object what stands in the way
 * @returns {DOMException} the DataCloneError that names it
 */
function notPortable(object) {
    const name = object.constructor?.name || 'Object';
    return new DOMException(
        `#<${name}> could not be cloned: it cannot be shared with or moved to another process.`,
        'DataCloneError'
    );
}

/** Node marks the classes it clones or transfers by means of its own with methods under these symbols. */
function hasMessagingHook(prototype) {
    return Object.getOwnPropertySymbols(prototype).some(
        ({description}) =>
            description === 'messaging_clone_symbol' || description === 'messaging_transfer_symbol'
    );
}

function classify(prototype) {
    let isInterface = false;
    for (let link = prototype; link !== null; link = Object.getPrototypeOf(link)) {
        const known = walkByPrototype.get(link);
        if (known !== undefined && link !== Object.prototype) {
            return known;
        }
        if (link === globalThis.DOMException?.prototype) {
            return Walk.PROPERTIES;
        }
        if (hasMessagingHook(link) || link === globalThis.MessagePort?.prototype) {
            return Walk.REFUSE;
        }
        isInterface ||= Object.hasOwn(link, Symbol.toStringTag);
    }
    // An object with a tag may be one that Node refuses to clone (URL, Headers, ...): ask Node.
    return isInterface ? Walk.PROBE : Walk.PROPERTIES;
}

function walkOf(object) {
    const prototype = Object.getPrototypeOf(object);
    if (prototype === null) {
        return Walk.PROPERTIES;
    }
    let walk = walkByPrototype.get(prototype);
    if (walk === undefined) {
        walk = classify(prototype);
        walkByPrototype.set(prototype, walk);
    }
    return walk;
}

function addObject(seen, value) {
    if (typeof value === 'object' && value !== null) {
        seen.add(value);
    }
}

function addProperties(seen, object) {
    if (Array.isArray(object) && object.length <= LONGEST_INDEXED_ARRAY) {
        for (let index = 0; index < object.length; index += 1) {
            addObject(seen, object[index]);
        }
        return;
    }
    for (const key of Object.keys(object)) {
        addObject(seen, object[key]);
    }
}

function addEntries(seen, map) {
    for (const [key, value] of Map.prototype.entries.call(map)) {
        addObject(seen, key);
        addObject(seen, value);
    }
}

function addContents(seen, object) {
    switch (walkOf(object)) {
        case Walk.NONE:
            return;
        case Walk.MAP:
            addEntries(seen, object);
            return;
        case Walk.SET:
            for (const value of Set.prototype.values.call(object)) {
                addObject(seen, value);
            }
            return;
        case Walk.REFUSE:
            throw notPortable(object);
        case Walk.PROBE:
            structuredClone(object);
            addProperties(seen, object);
            return;
        default:
            addProperties(seen, object);
    }
}

/**
 * Throws when a value holds, at any depth, an object that would not arrive whole in another process. Says nothing of
 * what V8 refuses itself (functions, symbols, weak references, ...).
 *
 * @param {unknown} value what is about to be serialized
 * @throws {DOMException} DataCloneError that names the class of the object
 */
function assertPortable(value) {
    if (typeof value !== 'object' || value === null) {
        return;
    }
    // A Set visits what is added while it is walked: it is the list of work and the memory of what was seen in one.
    const seen = new Set([value]);
    for (const object of seen) {
        addContents(seen, object);
    }
}

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
