'use strict';

const {chmodSync} = require('node:fs');
const http = require('node:http');
const {invalid} = require('../host/options');

const LINGER_MS = 1_000;
const OWNER_ONLY = 0o600;

/**
 * Serves a dashboard by itself. The server is closed when the job manager is shut down. With `unref` neither it nor a page that
 * is open keeps the process alive.
 *
 * @param {import('../../index')} jobManager
 * @param {{handle: Function, handleLocal: Function}} site
 * @param {({port: number, host?: string} | {socket: string}) & {unref?: boolean}} where - `host`: default 127.0.0.1
 * @returns {Promise<import('node:http').Server>} once it listens
 */
async function listen(jobManager, {handle, handleLocal}, where) {
    const {port, host = '127.0.0.1', socket, unref = false} = where ?? {};
    const isSocket = typeof socket === 'string' && socket !== '';
    if (!isSocket && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
        throw invalid(
            'listen() takes {port: 3001}, with a "host" if it is not 127.0.0.1, or {socket: "/path"}'
        );
    }
    const server = http.createServer(isSocket ? handleLocal : handle);
    if (unref) {
        server.unref().on('connection', (connection) => connection.unref());
    }
    await new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(isSocket ? {path: socket} : {port, host}, resolve);
    });
    if (isSocket && process.platform !== 'win32') {
        chmodSync(socket, OWNER_ONLY);
    }
    const close = () => {
        server.close();
        setTimeout(() => server.closeAllConnections(), LINGER_MS).unref();
    };
    jobManager.events.on('shutting down', close);
    if (jobManager.stats().state !== 'open') {
        // It was shut down meanwhile.
        close();
    }
    server.once('close', () => jobManager.events.off('shutting down', close));
    return server;
}

module.exports = {listen};
