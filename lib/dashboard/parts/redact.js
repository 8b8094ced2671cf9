'use strict';

/** Values of jobs as JSON: without what is probably secret, and bounded, whatever the value is. */

const SECRET = /pass|token|secret|key|auth|cookie|credential/i;
const MASK = '••••••';
const LEFT_OUT = '…';
/** Characters of the text, about. */
const MOST = 64 * 1024;
const DEEPEST = 20;

/** A plain copy. A value may refer to itself, or to one part a thousand times. */
class Copy {
    #left = MOST;
    #masks;

    /** @param {boolean} masks - whether values are masked whose names say that they are secret */
    constructor(masks) {
        this.#masks = masks;
    }

    of(value, depth = 0) {
        this.#left -= 8;
        if (this.#left <= 0 || depth > DEEPEST) {
            return LEFT_OUT;
        }
        if (typeof value === 'string') {
            return this.#text(value);
        }
        if (typeof value !== 'object' || value === null) {
            return typeof value === 'number' || typeof value === 'boolean' || value === null
                ? value
                : this.#text(String(value));
        }
        if (Array.isArray(value) || value instanceof Set) {
            return this.#list(value, depth);
        }
        return value instanceof Map ? this.#entries(value, depth) : this.#object(value, depth);
    }

    #text(text) {
        const kept = text.slice(0, Math.max(0, this.#left));
        this.#left -= text.length;
        return kept.length < text.length ? `${kept}${LEFT_OUT}` : text;
    }

    #list(values, depth) {
        const copy = [];
        for (const value of values) {
            if (this.#left <= 0) {
                copy.push(LEFT_OUT);
                break;
            }
            copy.push(this.of(value, depth + 1));
        }
        return copy;
    }

    #entries(entries, depth) {
        const copy = [];
        for (const [key, value] of entries) {
            if (this.#left <= 0) {
                break;
            }
            const name = this.#text(String(key));
            copy.push([name, this.#masks && SECRET.test(name) ? MASK : this.of(value, depth + 1)]);
        }
        return Object.fromEntries(copy);
    }

    #object(object, depth) {
        if (ArrayBuffer.isView(object) || object instanceof ArrayBuffer) {
            return `[${object.byteLength} bytes]`;
        }
        if (object instanceof Date || object instanceof RegExp || object instanceof URL) {
            return this.#text(String(object instanceof Date ? object.toJSON() : object));
        }
        if (object instanceof Error) {
            return this.#text(`${object.name}: ${object.message}`);
        }
        return this.#entries(Object.entries(object), depth);
    }
}

/**
 * @param {unknown} value
 * @param {object} [options]
 * @param {(value: unknown, where: string) => unknown} [options.redact] - of the host; without it names such as 'token' are masked
 * @param {string} options.where - such as 'result'
 * @param {number} options.indent
 * @returns {string}
 */
function shownJson(value, {redact, where, indent}) {
    try {
        return JSON.stringify(
            new Copy(redact === undefined).of(redact ? redact(value, where) : value),
            null,
            indent
        );
    } catch {
        // A getter, a proxy or `redact` has thrown.
        return 'a value that cannot be shown';
    }
}

module.exports = {shownJson};
