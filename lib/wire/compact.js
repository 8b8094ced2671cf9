'use strict';

/**
 * What handlers are called with and return, as bytes: JSON where that gives the very same value, else a structured clone.
 * The serializers of V8 cost a short run more than everything else together, most of it when they are collected.
 *
 * No byte stands for undefined. A structured clone begins with 0xFF, which no JSON does.
 */

const {deserialize, serialize} = require('./clone.js');

const CLONE = 0xff;
/** Values with more parts than this are left to the serializer, which is faster for them. */
const MOST_PARTS = 64;

/** Whether JSON gives back what a structured clone would. Adds the objects that it has seen to `seen`. */
function isJson(value, seen) {
    switch (typeof value) {
        case 'string':
        case 'boolean':
            return true;
        case 'number':
            return Number.isFinite(value) && !Object.is(value, -0);
        case 'object':
            return value === null || isJsonObject(value, seen);
        default:
            return false;
    }
}

function isJsonObject(object, seen) {
    // A clone keeps that two parts are the same object.
    if (seen.length === MOST_PARTS || seen.includes(object)) {
        return false;
    }
    seen.push(object);
    const prototype = Object.getPrototypeOf(object);
    const isArray = prototype === Array.prototype && Array.isArray(object);
    if (!isArray && prototype !== Object.prototype) {
        return false;
    }
    const keys = Object.keys(object);
    return (
        keys.length <= MOST_PARTS &&
        (!isArray || keys.length === object.length) &&
        keys.every((key) => isPlain(object, key) && isJson(object[key], seen))
    );
}

/** Neither an accessor, which may answer otherwise the next time, nor what JSON calls instead. */
function isPlain(object, key) {
    return key !== 'toJSON' && Object.getOwnPropertyDescriptor(object, key).get === undefined;
}

/** `toJSON` of the host's own, on a prototype, would be called for each value. */
function isUntouched() {
    return Object.prototype.toJSON === undefined && String.prototype.toJSON === undefined;
}

/**
 * @param {unknown} value
 * @param {number} [headroomBytes] - as for serialize()
 * @returns {Buffer} the headroom, then the bytes for decode()
 * @throws {DOMException} DataCloneError
 */
function encode(value, headroomBytes = 0) {
    if (value === undefined) {
        return Buffer.allocUnsafe(headroomBytes);
    }
    if (!isUntouched() || !isJson(value, [])) {
        return serialize(value, headroomBytes);
    }
    const text = JSON.stringify(value);
    const bytes = Buffer.allocUnsafe(headroomBytes + Buffer.byteLength(text));
    bytes.write(text, headroomBytes);
    return bytes;
}

/** Whether these bytes are a structured clone, whose values may share them. */
const isClone = (bytes) => bytes[0] === CLONE;

/**
 * @param {Uint8Array} bytes - of encode()
 * @returns {unknown}
 * @throws {Error} when they are not
 */
function decode(bytes) {
    if (bytes.length === 0) {
        return undefined;
    }
    if (isClone(bytes)) {
        return deserialize(bytes);
    }
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
}

module.exports = {encode, decode, isClone};
