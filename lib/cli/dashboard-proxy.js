'use strict';

/** Passes requests of a browser on this machine on to the control socket of a host. */

const {randomBytes, timingSafeEqual} = require('node:crypto');
const http = require('node:http');
const {accessOf, checkSite} = require('../http/access');
const {siteRequest} = require('../http/request');
const {below} = require('../http/paths');

const SECRET_BYTES = 16;
const NO_ORIGINS = new Set();
/** Of a connection, and not of a request. */
const HOP_BY_HOP = new Set([
    'connection',
    'keep-alive',
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade'
]);

const withoutHops = (headers) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));

/** Whoever knows the secret part of the address may do what the control socket allows. */
function hasSecret(path, mount) {
    const [given, wanted] = [path.slice(0, mount.length), mount].map((text) => Buffer.from(text));
    return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** The control socket trusts who opens it, so what a dashboard checks of a request is checked here. */
async function check(request) {
    const {method, url, headers, socket} = request;
    const site = siteRequest({
        method,
        path: '',
        url,
        headers,
        peer: {address: socket.remoteAddress, isLocal: false},
        source: request
    });
    await accessOf(site, {}, false);
    checkSite(site, NO_ORIGINS);
}

function refuse(response, status, text) {
    response.writeHead(status, {'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store'});
    response.end(`${text}\n`);
}

function pass(request, response, {socketPath, path}) {
    const {method, headers} = request;
    const onward = http.request({socketPath, path, method, headers: withoutHops(headers), agent: false});
    onward.once('response', (answer) => {
        response.writeHead(answer.statusCode, withoutHops(answer.headers));
        // A stream of events begins with nothing: its headers are sent at once.
        response.flushHeaders();
        answer.pipe(response);
    });
    onward.on('error', () => {
        if (response.headersSent) {
            response.destroy();
        } else {
            refuse(
                response,
                502,
                'The host does not answer: it has ended, or was started again with another socket'
            );
        }
    });
    response.once('close', () => onward.destroy());
    // No body is ever read by the other end.
    onward.end();
}

/**
 * @param {string} socketPath
 * @returns {{server: http.Server, path: string}} `path`: the part of the address after the port, with its secret
 */
function createProxy(socketPath) {
    const mount = `/${randomBytes(SECRET_BYTES).toString('base64url')}`;
    const server = http.createServer((request, response) => {
        if (!hasSecret(request.url, mount)) {
            refuse(response, 404, 'Open the address that job-manager dashboard has printed');
            return;
        }
        check(request).then(
            () => pass(request, response, {socketPath, path: below(request.url, mount) || '/'}),
            ({status = 500, message, help = ''}) => refuse(response, status, `${message}\n${help}`)
        );
    });
    return {server, path: `${mount}/`};
}

module.exports = {createProxy};
