'use strict';

/** Observations in a form that can be compared, with what legitimately differs between two runs taken out. */

/** An error by all a host may look at; not its stack, which depends on how each was started. */
function describeError(error, seen = new Set()) {
    if (typeof error === 'symbol') {
        return String(error);
    }
    if (!(error instanceof Error) || seen.has(error)) {
        return error;
    }
    seen.add(error);
    return {
        kind: Object.prototype.toString.call(error),
        constructor: error.constructor.name,
        name: error.name,
        message: error.message,
        code: error.code,
        text: String(error),
        hasStack: typeof error.stack === 'string' && error.stack.includes(error.message.split('\n')[0]),
        properties: Object.fromEntries(Object.entries(error).filter(([key]) => key !== 'name')),
        cause: describeError(error.cause, seen)
    };
}

/** Takes process ids and frames of Node's own out of warnings. */
function mask(text) {
    return text.replaceAll(/\(node:\d+\)/g, '(node:PID)').replaceAll(/^ {4}at .*\n/gm, '');
}

const errorsOf = (events) =>
    events.filter(({type}) => type === 'error').map(({value}) => describeError(value));

/**
 * Messages, errors and 'online' in separate lists: a Worker sends them over two ports, and which arrives first is
 * left to chance.
 *
 * @param {import('./run-in-worker.js').Observations} observations of one run
 * @returns {object} the same, comparable
 */
function describe({events, end, stdout, stderr}) {
    return {
        isOnline: events.some(({type}) => type === 'online'),
        messages: events.filter(({type}) => type === 'message').map(({value}) => value),
        errors: errorsOf(events),
        end,
        stdout,
        stderr: mask(stderr)
    };
}

module.exports = {describe, describeError};
