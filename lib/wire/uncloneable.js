'use strict';

/** Finds the part of a value that cannot be cloned, for the message of a DataCloneError. */

const {serialize} = require('./clone');

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const DEEPEST = 50;

/**
 * @param {unknown} error - what `serialize` threw
 * @param {string} what - the job or message, to begin the sentence
 * @param {Record<string, unknown>} roots - the values that were serialized, by what they are called
 * @returns {unknown} a DataCloneError that names the property; the same error if it is not a DataCloneError
 */
function locateUncloneable(error, what, roots) {
    if (error?.name !== 'DataCloneError') {
        return error;
    }
    for (const [label, value] of Object.entries(roots)) {
        if (!isCloneable(value)) {
            const place = placeIn(value, label);
            return new DOMException(
                `${what}: ${place} cannot be sent to its process: ${error.message}`,
                error.name
            );
        }
    }
    return error;
}

/** Descends into properties as long as one of them cannot be cloned by itself. */
function placeIn(value, label) {
    const seen = new Set();
    let place = label;
    let part = value;
    while (typeof part === 'object' && part !== null && !seen.has(part) && seen.size < DEEPEST) {
        seen.add(part);
        const found = partsOf(part).find(([, inner]) => !seen.has(inner) && !isCloneable(inner));
        if (!found) {
            break;
        }
        place += found[0];
        part = found[1];
    }
    return place;
}

/** The properties or entries of a value, each with the expression that accesses it. */
function partsOf(value) {
    if (value instanceof Map) {
        return [...value].flatMap(([key, inner], index) => [
            [`.keys()[${index}]`, key],
            [typeof key === 'string' ? `.get(${JSON.stringify(key)})` : `.values()[${index}]`, inner]
        ]);
    }
    if (value instanceof Set) {
        return [...value].map((inner, index) => [`.values()[${index}]`, inner]);
    }
    return Object.keys(value).map((key) => [accessor(value, key), value[key]]);
}

function accessor(value, key) {
    if (Array.isArray(value)) {
        return `[${key}]`;
    }
    return IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function isCloneable(value) {
    try {
        serialize(value);
        return true;
    } catch {
        return false;
    }
}

module.exports = {locateUncloneable};
