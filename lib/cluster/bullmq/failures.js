'use strict';

/**
 * How a run failed, as BullMQ keeps it: a message and a stack. The first line of the stack has the class and the code of the error, as Node.js
 * writes them: `JobError [JOB_TIMEOUT]: …`. So they are in bull-board, and come back where the answer of the host was lost.
 */

const HEAD = /^([\w$]+)(?: \[(\w+)\])?: /;
/** BullMQ keeps it as long as the run. */
const LONGEST_STACK = 4 * 1024;

/**
 * @param {{name?: string, message: string, code?: string, stack?: string}} error
 * @returns {string}
 */
function stackOf({name = 'Error', code, message, stack = ''}) {
    const head = code === undefined ? `${name}: ${message}` : `${name} [${code}]: ${message}`;
    const callsAt = stack.indexOf('\n    at ');
    const calls = callsAt === -1 ? '' : stack.slice(callsAt);
    // PostgreSQL has no JSON with a NUL character.
    return `${head}${calls}`.slice(0, LONGEST_STACK).replaceAll('\0', '');
}

/** @returns {Error} with a code, which BullMQ keeps */
function codedError(message, code) {
    const error = Object.assign(new Error(message), {code});
    error.stack = stackOf(error);
    return error;
}

/**
 * @param {{failedReason: string, stacktrace?: string[]}} job - of BullMQ, that has failed
 * @returns {{name: string, message: string, code?: string, stack?: string}}
 */
function failureOf({failedReason: message, stacktrace}) {
    const stack = stacktrace?.at(-1);
    const [, name = 'Error', code] = HEAD.exec(stack ?? '') ?? [];
    return {name, message, code, stack};
}

module.exports = {codedError, failureOf, stackOf};
