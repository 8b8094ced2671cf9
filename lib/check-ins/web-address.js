'use strict';

const {invalid} = require('../host/options');

/**
 * @param {string} what - completes "the option"
 * @param {unknown} value
 * @returns {URL}
 * @throws {IncorrectUsageError} INVALID_OPTION
 */
function webAddress(what, value) {
    const url = URL.canParse(String(value)) ? new URL(String(value)) : undefined;
    if (!/^https?:$/.test(url?.protocol ?? '')) {
        // Not quoted: it may hold a key.
        throw invalid(`The option ${what} must be an address that begins with https:// or http://`);
    }
    return url;
}

/** The address of something below another one, with the same query. @returns {URL} */
function below(url, ...parts) {
    const address = new URL(url);
    address.pathname = [url.pathname.replace(/\/$/, ''), ...parts.map(encodeURIComponent)].join('/');
    return address;
}

module.exports = {below, webAddress};
