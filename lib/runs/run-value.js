'use strict';

/** The value that a run has come to: what its handler returned, or its script gave to `run.result`. */

const {decode, encode, isClone} = require('../wire/compact');

/** Up to here text is read at once, rather than copied. */
const SHORT_BYTES = 1024;
/** Values with more parts than this are not looked at further: their size is not known. */
const MOST_PARTS = 200;

class KeptValue {
    #bytes;
    #value;
    #sizeBytes;

    /** @param {{bytes?: Uint8Array, value?: unknown, sizeBytes: number}} kept - bytes that are read when they are wanted, or the value */
    constructor({bytes, value, sizeBytes}) {
        this.#bytes = bytes;
        this.#value = value;
        this.#sizeBytes = sizeBytes;
    }

    /** @returns {unknown} @throws {Error} when the bytes cannot be read */
    read() {
        return this.#bytes === undefined ? this.#value : decode(this.#bytes);
    }

    /** @returns {KeptValue} as much of it as may be kept for so long as the history lasts */
    within(limitBytes) {
        if (this.#sizeBytes <= limitBytes) {
            return this.#bytes === undefined ? copyOf(this.#value) : this;
        }
        return DROPPED;
    }

    /** @returns {{result?: unknown, resultDropped?: true}} for `RunInfo` */
    shown() {
        if (this === DROPPED) {
            return {resultDropped: true};
        }
        try {
            const result = this.read();
            return result === undefined ? undefined : {result};
        } catch {
            return {resultDropped: true};
        }
    }
}

const NONE = new KeptValue({value: undefined, sizeBytes: 0});
const DROPPED = new KeptValue({value: undefined, sizeBytes: 0});

/**
 * @param {Uint8Array} bytes - which are overwritten soon
 * @param {boolean} isWanted - somebody may read it
 * @returns {KeptValue}
 */
function valueOfBytes(bytes, isWanted) {
    const sizeBytes = bytes.length;
    if (sizeBytes === 0) {
        return NONE;
    }
    if (sizeBytes <= SHORT_BYTES && !isClone(bytes)) {
        return new KeptValue({value: decode(bytes), sizeBytes});
    }
    // A copy also of a Buffer, whose own `slice` shares the bytes.
    return isWanted ? new KeptValue({bytes: Uint8Array.from(bytes), sizeBytes}) : DROPPED;
}

/** @returns {KeptValue} of what a function on this event loop has returned */
function valueOf(value) {
    return value === undefined ? NONE : new KeptValue({value, sizeBytes: sizeOf(value)});
}

/** A value of the host's own may change later, unless it is no object. */
function copyOf(value) {
    if (typeof value !== 'object' || value === null) {
        return typeof value === 'function' || typeof value === 'symbol' ? DROPPED : valueOf(value);
    }
    try {
        const bytes = encode(value);
        return new KeptValue({bytes, sizeBytes: bytes.length});
    } catch {
        return DROPPED;
    }
}

/** About how many bytes a value takes; Infinity for one with too many parts to look at. */
function sizeOf(root) {
    let bytes = 0;
    const waiting = [root];
    for (let parts = 0; waiting.length > 0; parts++) {
        if (parts === MOST_PARTS) {
            return Infinity;
        }
        const value = waiting.pop();
        if (typeof value === 'string') {
            bytes += value.length;
        } else if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
            bytes += value.byteLength;
        } else if (typeof value === 'object' && value !== null) {
            const inner = innerOf(value);
            if (inner === undefined) {
                return Infinity;
            }
            waiting.push(...inner);
        } else {
            bytes += 8;
        }
    }
    return bytes;
}

/** The parts of an object, unless they are too many, or none that can be told without running the host's code. */
function innerOf(object) {
    const prototype = Object.getPrototypeOf(object);
    const isPlain = prototype === Object.prototype || prototype === null || Array.isArray(object);
    if (!isPlain && !(object instanceof Date)) {
        return undefined;
    }
    const keys = Object.keys(object);
    if (keys.length > MOST_PARTS) {
        return undefined;
    }
    return keys.flatMap((key) => {
        const {value} = Object.getOwnPropertyDescriptor(object, key);
        return [key, value];
    });
}

module.exports = {NONE, sizeOf, valueOf, valueOfBytes};
