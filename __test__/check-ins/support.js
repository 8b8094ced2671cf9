'use strict';

const {once} = require('node:events');
const http = require('node:http');
const {eventually} = require('../support/processes');

/**
 * A server that keeps what it is sent.
 *
 * @param {import('node:test').TestContext} t
 * @param {(request: object) => {status?: number, isSilent?: boolean} | undefined} [answer] - 200 if it gives nothing
 */
async function sink(t, answer = () => {}) {
    const requests = [];
    const server = http.createServer(async (request, response) => {
        const parts = [];
        for await (const part of request) {
            parts.push(part);
        }
        const {pathname, searchParams} = new URL(request.url, 'http://sink');
        const body = Buffer.concat(parts).toString();
        const query = Object.fromEntries(searchParams);
        const received = {method: request.method, path: pathname, query, body};
        requests.push(received);
        const {status = 200, isSilent = false} = answer(received) ?? {};
        if (!isSilent) {
            response.writeHead(status).end('OK');
        }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => {
        server.closeAllConnections();
        server.close();
    });
    return {
        url: `http://127.0.0.1:${server.address().port}`,
        requests,
        /** @returns {Promise<object[]>} what it was sent, once that are so many requests */
        received: async (count) => {
            await eventually(`${count} requests`, () => requests.length >= count);
            return requests;
        }
    };
}

module.exports = {sink};
