'use strict';

/** Serves a site to servers of node:http, and to frameworks that hand over its requests and responses. */

const {below, splitTarget} = require('../paths');
const {siteRequest} = require('../request');

/**
 * @param {import('../site').Site} site
 * @param {{basePath?: string, isLocal?: boolean}} options - `basePath`: where it is mounted, if `req.baseUrl` does not say;
 *   `isLocal`: requests come by a socket file
 */
function nodeHandler(site, {basePath = '', isLocal = false} = {}) {
    return function handle(req, res, next) {
        const url = req.originalUrl ?? req.url;
        const path = pathBelow(req, basePath);
        if (path === undefined && typeof next === 'function') {
            next();
            return;
        }
        const request = siteRequest({
            method: req.method,
            // Outside of the mount there is nothing.
            path: path ?? '//',
            url,
            headers: req.headers,
            peer: {address: req.socket?.remoteAddress, isLocal},
            source: req
        });
        void site.answer(request).then((answer) => send(answer, req, res));
    };
}

/** @returns {string | undefined} the path below the mount; undefined outside of it */
function pathBelow(req, basePath) {
    const {path} = splitTarget(req.url);
    if (!req.baseUrl && basePath !== '') {
        return below(path, basePath);
    }
    // Frameworks that have taken the mount off show '/' for it also if its slash was missing.
    const isMount = path === '/' && !splitTarget(req.originalUrl ?? '/').path.endsWith('/');
    return isMount ? '' : path;
}

/** @param {import('../headers').Answer} answer */
function send({status, headers, body, stream}, req, res) {
    if (res.destroyed || res.headersSent) {
        return;
    }
    // The client may go while the answer is on its way.
    res.on('error', () => {});
    const isHead = req.method === 'HEAD';
    if (stream !== undefined) {
        res.writeHead(status, headers);
        if (isHead) {
            res.end();
        } else {
            stream(sinkOf(req, res));
        }
        return;
    }
    const hasBody = body !== undefined;
    res.writeHead(status, hasBody ? {...headers, 'content-length': Buffer.byteLength(body)} : headers);
    res.end(isHead ? undefined : body);
}

/** @returns {import('../event-client').Sink} */
function sinkOf(req, res) {
    const {socket} = req;
    if (req.httpVersionMajor === 1) {
        socket.setNoDelay(true);
    }
    res.flushHeaders();
    return {
        write: (text) => void res.write(text),
        end: () => void res.end(),
        destroy: () => res.destroy(),
        unsent: () => res.writableLength ?? res.stream.writableLength,
        isClosing: () => socket?.server?.listening === false,
        onDrain: (callback) => void res.on('drain', callback),
        onClose: (callback) => void res.once('close', callback)
    };
}

module.exports = {nodeHandler};
