'use strict';

/** Decides which values can be serialized for another process. */

/** How to check an object, by its prototype. */
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
    [Object.getPrototypeOf(Uint8Array.prototype), Walk.NONE]
]);
// Node has none where it may not compile (--jitless).
if (globalThis.WebAssembly) {
    walkByPrototype.set(WebAssembly.Module.prototype, Walk.REFUSE);
}

/**
 * @param {object} object the object that cannot be cloned
 * @returns {DOMException} the DataCloneError that names it
 */
function notPortable(object) {
    const name = object.constructor?.name || 'Object';
    return new DOMException(
        `#<${name}> could not be cloned: it cannot be shared with or moved to another process.`,
        'DataCloneError'
    );
}

/** Whether Node has its own way to clone or transfer instances: those classes have methods under these symbols. */
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
 * Throws when a value holds, at any depth, an object that would not arrive whole in another process. Values
 * that V8 itself refuses (functions, symbols, weak references, ...) are not checked here.
 *
 * @param {unknown} value what is about to be serialized
 * @throws {DOMException} DataCloneError that names the class of the object
 */
function assertPortable(value) {
    if (typeof value !== 'object' || value === null) {
        return;
    }
    // A Set also iterates over values that are added during the iteration, so it serves as work list and visited set.
    const seen = new Set([value]);
    for (const object of seen) {
        addContents(seen, object);
    }
}

module.exports = {assertPortable, notPortable};
