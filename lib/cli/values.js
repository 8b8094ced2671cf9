'use strict';

/** Values of options, read. */

const fs = require('node:fs');
const {usage} = require('./failure');

const STANDARD_INPUT = 0;

/**
 * @param {string | undefined} text
 * @param {string} option
 * @param {{least?: number, most?: number}} [range]
 * @returns {number | undefined}
 */
function wholeNumber(text, option, {least = 1, most = Number.MAX_SAFE_INTEGER} = {}) {
    if (text === undefined) {
        return undefined;
    }
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || value < least || value > most) {
        const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} up` : `from ${least} to ${most}`;
        throw usage(`${option} must be a whole number ${range}, got "${text}"`);
    }
    return value;
}

/**
 * JSON as text, in a file (`@FILE`), or on the standard input (`-`).
 *
 * @param {string | undefined} text
 * @param {string} option
 */
function jsonValue(text, option) {
    if (text === undefined) {
        return undefined;
    }
    const source = text === '-' ? STANDARD_INPUT : text.startsWith('@') ? text.slice(1) : undefined;
    let json = text;
    if (source !== undefined) {
        try {
            json = fs.readFileSync(source, 'utf8');
        } catch (error) {
            throw usage(`${option}: ${source} cannot be read: ${error.message}`);
        }
    }
    try {
        return JSON.parse(json);
    } catch (error) {
        throw usage(
            `${option} must be JSON, @FILE with JSON in it, or - for the standard input: ${error.message}`,
            source === undefined ? `Quote it for the shell: ${option} '{"full": true}'` : undefined
        );
    }
}

/**
 * @param {string | undefined} text
 * @param {string} option
 * @param {readonly string[]} names
 */
function oneOfNames(text, option, names) {
    if (text !== undefined && !names.includes(text)) {
        throw usage(`${option} must be one of ${names.join(', ')}, got "${text}"`);
    }
    return text;
}

module.exports = {jsonValue, oneOfNames, wholeNumber};
