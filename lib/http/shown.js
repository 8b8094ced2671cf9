'use strict';

/**
 * What of jobs and runs is shown outside of the host: results only where `showData` says so. They, errors, fields of log
 * lines and output go through `redact`.
 */

const {types} = require('node:util');
const {internalError} = require('./http-error');

const HIDDEN = '[hidden]';
const SECRET = /pass|pwd|secret|token|key|auth|cookie|credential/i;
const DEEPEST = 12;
/** What a copy may have in all, parts and characters: twice what the largest result that is kept has. */
const MOST = 2 * 1024 * 1024;
const DEEPEST_COPY = 100;
const LEFT_OUT = '…';

/** The default of `redact`: hides the values of properties whose names say that they are secret. */
const hideSecrets = (value) => hideIn(value, 0);

function hideIn(value, depth) {
    if (Array.isArray(value)) {
        return depth < DEEPEST ? value.map((item) => hideIn(item, depth + 1)) : HIDDEN;
    }
    if (typeof value !== 'object' || value === null || types.isDate(value)) {
        return value;
    }
    if (depth >= DEEPEST) {
        return HIDDEN;
    }
    const entries = Object.entries(value).map(([name, part]) => [
        name,
        SECRET.test(name) ? HIDDEN : hideIn(part, depth + 1)
    ]);
    return Object.fromEntries(entries);
}

/**
 * A copy that `JSON.stringify` accepts: a structured clone may hold itself, BigInts, Maps and bytes; and one part of it many
 * times, so that a copy is bounded.
 *
 * @param {unknown} value
 * @param {object[]} [above] - the objects that it is in
 * @param {{left: number}} [budget] - of the whole copy
 */
function plain(value, above = [], budget = {left: MOST}) {
    budget.left -= typeof value === 'string' ? value.length + 1 : 1;
    if (budget.left < 0) {
        return LEFT_OUT;
    }
    if (typeof value === 'bigint') {
        return String(value);
    }
    if (typeof value !== 'object' || value === null || types.isDate(value)) {
        return types.isDate(value) && Number.isNaN(value.getTime()) ? null : value;
    }
    if (above.includes(value)) {
        return '[circular]';
    }
    if (above.length >= DEEPEST_COPY) {
        return LEFT_OUT;
    }
    const inside = [...above, value];
    const copy = (part) => plain(part, inside, budget);
    if (types.isMap(value)) {
        return Array.from(value, ([key, part]) => [copy(key), copy(part)]);
    }
    if (types.isSet(value) || Array.isArray(value)) {
        return Array.from(value, copy);
    }
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) {
        return `[${value.byteLength} bytes]`;
    }
    if (types.isNativeError(value)) {
        return {name: value.name, message: value.message};
    }
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copy(part)]));
}

function replaced(redact, value, where) {
    try {
        return redact(value, where);
    } catch (error) {
        throw internalError(error);
    }
}

/** @param {object} options - checked */
function createShown({showData, redact}) {
    const hide = redact === undefined ? hideSecrets : (value, where) => replaced(redact, value, where);

    /** @returns {any} a value that is ready for JSON */
    const valueOf = (value, where) => hide(plain(value), where);

    const errorOf = (error) => error && hide({...error}, 'error');
    const attemptOf = ({message, ...attempt}) =>
        message === undefined ? attempt : {...attempt, message: errorOf({message})?.message};

    /** A run, whole. */
    function run({result, ...info}) {
        const shown = {...info, history: info.history.map(attemptOf), error: errorOf(info.error)};
        if (result !== undefined) {
            Object.assign(shown, showData ? {result: valueOf(result, 'result')} : {resultHidden: true});
        }
        return shown;
    }

    /** A run as one of many: without its result and its stack trace. */
    function runInList({result: _result, ...info}) {
        const {stack: _stack, ...error} = errorOf(info.error) ?? {};
        const shown = info.history.length === 0 ? info : {...info, history: info.history.map(attemptOf)};
        return info.error === undefined ? shown : {...shown, error};
    }

    const job = ({last, ...info}) => ({...info, last: last && runInList(last)});

    const logLine = ({fields, ...line}) =>
        fields === undefined ? line : {...line, fields: valueOf(fields, 'fields')};

    const output = (text) => String(hide(text, 'output'));

    return {run, runInList, job, logLine, output, redact: valueOf};
}

module.exports = {createShown, hideSecrets, plain};
