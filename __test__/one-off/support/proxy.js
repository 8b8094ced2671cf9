'use strict';

const {once} = require('node:events');
const net = require('node:net');
const {cleanUp} = require('./cleanup');

/**
 * Starts what stands between a client and a server, and can go away.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} url - of the server
 * @returns {Promise<{url: string, close: () => Promise<void>, open: () => Promise<void>}>}
 */
async function startProxy(t, url) {
    const {hostname, port} = new URL(url);
    const sockets = new Set();
    const server = net.createServer((client) => {
        const upstream = net.connect(Number(port), hostname);
        for (const [socket, other] of [
            [client, upstream],
            [upstream, client]
        ]) {
            sockets.add(socket);
            socket.on('error', () => {});
            socket.on('close', () => {
                sockets.delete(socket);
                other.destroy();
            });
            socket.pipe(other);
        }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const own = new URL(url);
    own.port = server.address().port;

    const close = async () => {
        server.close();
        sockets.forEach((socket) => socket.destroy());
        await once(server, 'close');
    };
    const open = async () => {
        server.listen(Number(own.port), '127.0.0.1');
        await once(server, 'listening');
    };
    cleanUp(t, () => (server.listening ? close() : undefined));
    return {url: own.href, close, open};
}

module.exports = {startProxy};
