'use strict';

/**
 * Converts errors into plain data, so that another process gets more than structured clone keeps: name, code, causes,
 * the `errors` of an AggregateError, and own properties. Other thrown values are kept as they are.
 *
 * Errors refer to each other by number, so that causes in a circle end, and a chain of any length needs no recursion.
 */

const {types} = require('node:util');
const {textOf} = require('./text-of.js');

/** Built-in kinds that can be restored; anything else arrives as the nearest of them up its prototype chain. */
const KINDS = new Set([
    'Error',
    'EvalError',
    'RangeError',
    'ReferenceError',
    'SyntaxError',
    'TypeError',
    'URIError',
    'AggregateError',
    'DOMException'
]);

/** Kept by the constructor of the restored error, or meaningless there. */
const SKIPPED_INHERITED = new Set(['constructor', 'toString']);

function isError(value) {
    try {
        return types.isNativeError(value) || value instanceof Error;
    } catch {
        // A Proxy that has been revoked, or that throws.
        return false;
    }
}

function kindOf(prototype) {
    const name = Object.hasOwn(prototype, 'constructor') ? prototype.constructor?.name : undefined;
    return KINDS.has(name) ? name : undefined;
}

/** Property names of the error itself and of the classes between it and the built-in kind it extends. */
function describe(error) {
    const keys = new Map(
        Object.getOwnPropertyNames(error).map((key) => [
            key,
            Object.prototype.propertyIsEnumerable.call(error, key)
        ])
    );
    for (let link = Object.getPrototypeOf(error); link !== null; link = Object.getPrototypeOf(link)) {
        const kind = kindOf(link);
        if (kind !== undefined) {
            return {kind, keys};
        }
        for (const key of Object.getOwnPropertyNames(link)) {
            if (!keys.has(key) && !SKIPPED_INHERITED.has(key)) {
                keys.set(key, false);
            }
        }
    }
    return {kind: 'Error', keys};
}

/** Reads a property whose getter may throw. */
function read(object, key) {
    try {
        return object[key];
    } catch {
        return undefined;
    }
}

/** As `String`, for what may have a method of its own that throws. */
const stringOf = (value) => (typeof value === 'string' ? value : textOf(value));

class EnvelopeWriter {
    constructor(serialize) {
        this.serialize = serialize;
        /** The errors met, each with its number. */
        this.numbers = new Map();
    }

    intern(error) {
        if (!this.numbers.has(error)) {
            this.numbers.set(error, this.numbers.size);
        }
        return this.numbers.get(error);
    }

    /** @returns {object | undefined} the value as a part of the envelope, undefined for functions and symbols */
    slot(value) {
        try {
            if (!isError(value) && Array.isArray(value) && value.some(isError)) {
                return {list: value.map((item) => this.item(item))};
            }
        } catch {
            // A Proxy of an array that throws: shown as text.
        }
        return this.item(value);
    }

    /** As `slot`, for what is no list of errors: those do not hold further ones, however a job has tied its arrays. */
    item(value) {
        if (isError(value)) {
            return {error: this.intern(value)};
        }
        if (typeof value === 'function' || typeof value === 'symbol') {
            return undefined;
        }
        try {
            return {bytes: this.serialize(value)};
        } catch {
            return {bytes: this.serialize(textOf(value))};
        }
    }

    record(error) {
        try {
            return this.wholeRecord(error);
        } catch {
            // Its methods and getters, or those of a Proxy around it, throw.
            return {kind: 'Error', name: 'Error', message: textOf(error), fields: []};
        }
    }

    wholeRecord(error) {
        const {kind, keys} = describe(error);
        const fields = [];
        for (const [key, isEnumerable] of keys) {
            const slot = this.slot(read(error, key));
            if (slot !== undefined) {
                fields.push([key, isEnumerable, slot]);
            }
        }
        return {
            kind,
            name: stringOf(read(error, 'name')),
            message: stringOf(read(error, 'message')),
            fields
        };
    }

    write(error) {
        this.intern(error);
        const records = [];
        // The map grows while it is walked, by causes and gathered errors.
        for (const each of this.numbers.keys()) {
            records.push(this.record(each));
        }
        return {type: 'error', records};
    }
}

/**
 * @param {unknown} thrown an error or any other value
 * @param {(value: unknown) => Uint8Array} serialize structured clone, throwing for what cannot be cloned
 * @returns {object} plain data that can always be cloned
 */
function toEnvelope(thrown, serialize) {
    if (isError(thrown)) {
        return new EnvelopeWriter(serialize).write(thrown);
    }
    if (typeof thrown === 'symbol') {
        return {type: 'symbol', description: thrown.description};
    }
    try {
        return {type: 'value', bytes: serialize(thrown)};
    } catch {
        return {type: 'value', bytes: serialize(textOf(thrown))};
    }
}

function create({kind, message, name}) {
    if (kind === 'DOMException') {
        return new DOMException(message, name);
    }
    if (kind === 'AggregateError') {
        return new AggregateError([], message);
    }
    // `kind` comes from the worker, so only constructors of errors are accepted.
    return KINDS.has(kind) ? new globalThis[kind](message) : new Error(message);
}

function restoreFields(error, {name, fields}, valueOf) {
    for (const [key, isEnumerable, slot] of fields) {
        Object.defineProperty(error, key, {
            value: valueOf(slot),
            enumerable: isEnumerable,
            writable: true,
            configurable: true
        });
    }
    if (error.name !== name) {
        Object.defineProperty(error, 'name', {
            value: name,
            enumerable: false,
            writable: true,
            configurable: true
        });
    }
}

/**
 * @param {object} envelope of toEnvelope()
 * @param {(bytes: Uint8Array) => unknown} deserialize the counterpart of `serialize`
 * @returns {unknown} what was thrown
 */
function fromEnvelope(envelope, deserialize) {
    if (envelope.type === 'symbol') {
        return Symbol(envelope.description);
    }
    if (envelope.type === 'value') {
        return deserialize(envelope.bytes);
    }
    const errors = envelope.records.map(create);
    const itemOf = (slot) => (slot?.bytes ? deserialize(slot.bytes) : errors[slot?.error]);
    const valueOf = (slot) => (slot?.list ? slot.list.map(itemOf) : itemOf(slot));
    envelope.records.forEach((record, index) => restoreFields(errors[index], record, valueOf));
    return errors[0];
}

module.exports = {toEnvelope, fromEnvelope};
