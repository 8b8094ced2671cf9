'use strict';

const {splitTarget} = require('./paths');

/**
 * A request as the site sees it, whatever server has received it.
 *
 * @typedef {object} SiteRequest
 * @property {string} method
 * @property {string} path - below the mount, still encoded; empty for the mount itself without a slash at its end
 * @property {string[]} segments - of the path, still encoded
 * @property {URLSearchParams} query
 * @property {string} search - the query as it was given, with its '?'
 * @property {string} fullPath - as the server has received it, with the mount
 * @property {Record<string, string | undefined>} headers - names in lower case
 * @property {string | undefined} host - that the request is for
 * @property {Peer} peer
 * @property {unknown} source - what the server has made of the request; given to `authorize`
 */

/**
 * @typedef {object} Peer
 * @property {string} [address] - of the other end of the connection
 * @property {boolean} isLocal - it came by a socket file of this machine
 */

/**
 * @param {object} parts
 * @param {string} parts.method
 * @param {string} parts.path - below the mount
 * @param {string} parts.url - as it was received
 * @param {Record<string, any>} parts.headers
 * @param {Peer} parts.peer
 * @param {unknown} parts.source
 * @returns {SiteRequest}
 */
function siteRequest({method, path, url, headers, peer, source}) {
    const {path: fullPath, search} = splitTarget(url);
    return {
        method,
        path,
        segments: path.split('/').slice(1),
        query: new URLSearchParams(search),
        search,
        fullPath,
        headers,
        host: headers.host ?? headers[':authority'],
        peer,
        source
    };
}

/** @returns {boolean} whether it is a person at a browser who waits for the answer */
const wantsHtml = ({headers}) => String(headers.accept ?? '').includes('text/html');

module.exports = {siteRequest, wantsHtml};
