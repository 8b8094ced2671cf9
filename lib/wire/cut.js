'use strict';

const CUT = '… (cut)';

/**
 * @param {string} text
 * @param {number} length
 * @returns {string} the text, or as much of it as fits with a mark behind it
 */
const cut = (text, length) => (text.length <= length ? text : text.slice(0, length - CUT.length) + CUT);

module.exports = {cut};
