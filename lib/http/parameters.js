'use strict';

/** Reads the parameters of a request's query. Names and values that are not known are errors, so that a typo is seen. */

const {nearestName} = require('../host/nearest-name');
const {HttpError} = require('./http-error');

const bad = (message, help) => new HttpError(400, 'BAD_PARAMETER', message, {help});

/** What is read of a value. What may be in a text, the job manager checks. */
const text = (value) => value;

function whole(value, name) {
    if (!/^\d{1,15}$/.test(value)) {
        throw bad(`The parameter "${name}" must be a whole number, got "${value}"`);
    }
    return Number(value);
}

function flag(value, name) {
    if (value !== '1' && value !== '0') {
        throw bad(`The parameter "${name}" must be 1 or 0, got "${value}"`);
    }
    return value === '1';
}

function instant(value, name) {
    const date = new Date(/^-?\d+$/.test(value) ? Number(value) : value);
    if (Number.isNaN(date.getTime())) {
        throw bad(
            `The parameter "${name}" must be a time such as 2026-11-28T20:45:00Z, or milliseconds since 1970, got "${value}"`
        );
    }
    return date;
}

/**
 * @param {URLSearchParams} query
 * @param {Record<string, (value: string, name: string) => unknown>} kinds - by name
 * @returns {Record<string, any>} those that were given and are not empty, as forms send them
 * @throws {HttpError} 400 BAD_PARAMETER
 */
function parametersOf(query, kinds) {
    const given = {};
    for (const [name, value] of query) {
        if (!Object.hasOwn(kinds, name)) {
            throw unknown(name, Object.keys(kinds));
        }
        if (value !== '') {
            given[name] = kinds[name](value, name);
        }
    }
    return given;
}

function unknown(name, known) {
    const meant = nearestName(name, known);
    const list =
        known.length === 0 ? 'It takes none' : `It takes ${known.map((one) => `"${one}"`).join(', ')}`;
    return bad(
        `The parameter "${name}" is not known here`,
        meant === undefined ? list : `Did you mean "${meant}"?`
    );
}

module.exports = {flag, instant, parametersOf, text, whole};
