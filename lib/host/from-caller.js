'use strict';

/** Errors whose stack trace begins where the host called this package, and not inside it. */

const path = require('node:path');

/** Room for frames of this package, which are taken off again. */
const OWN_FRAMES = 20;
const FRAME = '\n    at ';
/** Where the modules of this package are, and what is theirs to call. Not known when a bundler has moved them. */
const LIB =
    path.join('lib', 'host') === __dirname.split(path.sep).slice(-2).join(path.sep) &&
    path.dirname(__dirname);

const isInside = (frame) =>
    frame.includes(LIB) || frame.includes('(node:internal/') || frame.startsWith('node:');

/**
 * Makes an error, and has its trace begin at the caller.
 *
 * @template {Error} E
 * @param {() => E} make
 * @returns {E}
 */
function fromCaller(make) {
    const limit = Error.stackTraceLimit;
    const error = withLimit(limit + OWN_FRAMES, make);
    const [head, ...frames] = String(error.stack).split(FRAME);
    if (LIB) {
        const first = frames.findIndex((frame) => !isInside(frame));
        const kept = first === -1 ? [] : frames.slice(first, first + limit);
        error.stack = [head, ...kept].join(FRAME);
    }
    return error;
}

/** As a host may have set or frozen it, `stackTraceLimit` is no number, or cannot be written. */
function withLimit(limit, make) {
    const before = Error.stackTraceLimit;
    if (!Number.isFinite(limit) || !Reflect.set(Error, 'stackTraceLimit', limit)) {
        return make();
    }
    try {
        return make();
    } finally {
        Error.stackTraceLimit = before;
    }
}

/**
 * A plain Error with a stable code.
 *
 * @param {string} code - for programs
 * @param {string} message - what was wrong, and what to do
 * @returns {Error & {code: string}}
 */
function codedError(code, message) {
    return fromCaller(() => Object.assign(new Error(message), {code}));
}

module.exports = {fromCaller, codedError};
