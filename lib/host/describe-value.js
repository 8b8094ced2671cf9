'use strict';

const {types} = require('node:util');

const LONGEST_TEXT = 60;

/**
 * @param {unknown} value - of any kind; none of its methods, getters or proxy traps is called
 * @returns {string} a description for an error message
 */
function describeValue(value) {
    switch (typeof value) {
        case 'string':
            return value === '' ? 'an empty string' : `the string "${shortened(value)}"`;
        case 'number':
            return `the number ${value}`;
        case 'bigint':
            return `the BigInt ${value}`;
        case 'function':
            return 'a function';
        case 'object':
            return value === null ? 'null' : describeObject(value);
        default:
            return String(value);
    }
}

function describeObject(value) {
    if (types.isProxy(value)) {
        return 'an object';
    }
    if (types.isDate(value)) {
        return Number.isNaN(Date.prototype.getTime.call(value)) ? 'an invalid Date' : 'a Date';
    }
    return Array.isArray(value) ? 'an array' : types.isPromise(value) ? 'a Promise' : 'an object';
}

const shortened = (text) => (text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text);

module.exports = {describeValue};
