'use strict';

/** Times, durations, sizes and counts in plain English. */

const timeWords = require('./time-words');

const {SPACE} = timeWords;
const SIZES = ['B', 'kB', 'MB', 'GB', 'TB'];

/** @param {number | undefined} bytes in steps of 1,000 */
function size(bytes) {
    if (bytes === undefined || Number.isNaN(bytes)) {
        return '–';
    }
    let value = bytes;
    let step = 0;
    while (value >= 999.5 && step < SIZES.length - 1) {
        value /= 1_000;
        step++;
    }
    const text = step > 0 && value < 9.95 ? value.toFixed(1) : String(Math.round(value));
    return `${text}${SPACE}${SIZES[step]}`;
}

/** @param {number} value '12,345' */
const count = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

/** @returns {string} '1 run', '2,000 runs' */
const plural = (value, one, many = `${one}s`) => `${count(value)} ${value === 1 ? one : many}`;

/** @param {number} share of 1. 100 % only of all, 0 % only of none. */
function percent(share) {
    const value = share * 100;
    const rounded = share < 1 ? Math.min(99, Math.round(value)) : 100;
    return `${share > 0 ? Math.max(1, rounded) : 0}${SPACE}%`;
}

module.exports = {...timeWords, count, percent, plural, size};
