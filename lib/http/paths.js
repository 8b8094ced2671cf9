'use strict';

/**
 * Paths and links. Links are always relative, because a proxy may have put the mount elsewhere: a page of two segments
 * begins its links with '../'.
 */

const {HttpError} = require('./http-error');

/** Names that a browser would take for a step up, or for nothing, also where they are percent-encoded. */
const STEP = /^~*\.{1,2}$/;
const MARKED_STEP = /^~+\.{1,2}$/;

/**
 * @param {string} name - of a job, or the id of a run; any text
 * @returns {string} one segment of a path. The names '.' and '..' get a '~' ahead, since no URL can have them as a segment
 */
const encodeSegment = (name) => encodeURIComponent((STEP.test(name) ? `~${name}` : name).toWellFormed());

/** @param {string} segment @returns {string} the name @throws {HttpError} for a malformed percent-encoding */
function decodeSegment(segment) {
    let name;
    try {
        name = decodeURIComponent(segment);
    } catch {
        throw new HttpError(400, 'BAD_URL', `The path has a malformed percent-encoding: "${segment}"`);
    }
    return MARKED_STEP.test(name) ? name.slice(1) : name;
}

/** Some clients send the bytes of other characters as they are; servers give each byte as a character. */
const NOT_OF_URLS = /[^\u0021-\u007e]/g;
const byteEncoded = (character) =>
    character <= 'ÿ'
        ? `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`
        : encodeURIComponent(character.toWellFormed());

/**
 * @param {string} url - of a request line: an absolute path, or an absolute URL as proxies write it
 * @returns {{path: string, search: string}} still encoded; `search` begins with '?' or is empty
 */
function splitTarget(url) {
    const encoded = url.replace(NOT_OF_URLS, byteEncoded);
    const target = encoded.startsWith('/') ? encoded : encoded.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
    const [withoutFragment] = target.split('#', 1);
    const mark = withoutFragment.indexOf('?');
    const path = mark === -1 ? withoutFragment : withoutFragment.slice(0, mark);
    return {path: path === '' ? '/' : path, search: mark === -1 ? '' : withoutFragment.slice(mark)};
}

/**
 * The part of a path below a mount.
 *
 * @param {string} path
 * @param {string} base - such as '/dashboard', without a slash at its end
 * @returns {string | undefined} such as '/jobs'; empty for the mount itself without a slash; undefined outside of it
 */
function below(path, base) {
    if (path === base) {
        return '';
    }
    return path.startsWith(`${base}/`) ? path.slice(base.length) : undefined;
}

/** @param {string[]} segments - of a path below the mount @returns {string} what links of that page begin with, such as '../' */
const rootOf = (segments) => (segments.length < 2 ? './' : '../'.repeat(segments.length - 1));

module.exports = {below, decodeSegment, encodeSegment, rootOf, splitTarget};
