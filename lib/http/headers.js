'use strict';

/** Headers that every answer has, and the answers that are made of a value. */

const POLICY = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'"
].join('; ');

/**
 * Not 'no-referrer': with that, browsers send `Origin: null` with the forms of these pages, which could then not be told
 * from those of a foreign page where a browser does not send `Sec-Fetch-Site` (plain HTTP, other than localhost).
 */
const REFERRER_POLICY = 'same-origin';

const COMMON = Object.freeze({
    'cache-control': 'no-store',
    'content-security-policy': POLICY,
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': REFERRER_POLICY,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY'
});

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {Record<string, string>} headers - names in lower case
 * @property {string | Buffer} [body]
 * @property {(sink: import('./event-client').Sink) => void} [stream] - in place of a body: writes for as long as it likes
 */

/** @returns {Answer} */
const answer = (status, type, body, headers) => ({
    status,
    headers: {...COMMON, 'content-type': type, ...headers},
    body
});

/** @returns {Answer} */
const json = (value, status = 200, headers = undefined) =>
    answer(status, 'application/json; charset=utf-8', `${JSON.stringify(value)}\n`, headers);

/** @returns {Answer} */
const text = (body, status = 200, headers = undefined) =>
    answer(status, 'text/plain; charset=utf-8', body, headers);

/** @returns {Answer} */
const html = (body, status = 200) => answer(status, 'text/html; charset=utf-8', body);

/** @returns {Answer} without a body */
const empty = (status, headers) => ({status, headers: {...COMMON, ...headers}});

module.exports = {COMMON, answer, empty, html, json, text};
