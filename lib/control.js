'use strict';

/** `@tryghost/job-manager/control`: lets the command line `job-manager` see and steer the jobs of this process. */

const fs = require('node:fs');
const http = require('node:http');
const {IS_WINDOWS, defaultPath} = require('./control/places');
const {deleteDeadSockets, listenOnSocket} = require('./control/socket-server');
const {checkListenOptions} = require('./control/listen-options');
const {createSite} = require('./http/create-site');
const {checkJobManager} = require('./http/options');

const LINGER_MS = 1_000;

/**
 * Serves the HTTP API, and the dashboard, on a Unix socket that only the user of this process can open (on Windows: a named
 * pipe). It does not keep the process alive, and is closed when the job manager is shut down.
 *
 * @param {import('../index')} jobManager
 * @param {import('./control').ListenOptions} [options]
 * @returns {Promise<import('./control').Control>} when it listens
 * @throws {IncorrectUsageError} INVALID_OPTION
 * @throws {import('./control/control-error').ControlError}
 */
async function listen(jobManager, options = {}) {
    checkJobManager(jobManager, 'listen()');
    checkListenOptions(options, jobManager.bree.config.logger);
    const {actions = true, name, socket} = options;
    const server = http.createServer(createHandler(jobManager, actions));
    // A client that stays connected does not keep the process alive either.
    server.on('connection', (connection) => connection.unref());
    const path = await listenSomewhere(server, {name, socket});
    return controlOf(jobManager, server, path);
}

/** Of several managers in a process each has a socket: the second one has `-2` in its name. */
async function listenSomewhere(server, {name, socket}) {
    if (socket !== undefined) {
        await listenOnSocket(server, socket);
        return socket;
    }
    if (!IS_WINDOWS) {
        await deleteDeadSockets();
    }
    const first = defaultPath(name);
    for (let number = 1; ; number += 1) {
        const path = number === 1 ? first : first.replace(/(\.sock)?$/, `-${number}$1`);
        try {
            await listenOnSocket(server, path);
            return path;
        } catch (error) {
            if (error.code !== 'CONTROL_SOCKET_IN_USE' && error.cause?.code !== 'EADDRINUSE') {
                throw error;
            }
        }
    }
}

/** The pages, which take longer to load, are loaded when the first of them is asked for. */
function createHandler(jobManager, actions) {
    const options = {actions, showData: true, showOutput: true, redact: (value) => value};
    return createSite({jobManager, options, loadPages, isTrusted: true}).handleLocal;
}

/** Made by the build, as for lib/dashboard.js: the package has the pages in no other file. */
const loadPages = () => require('./dashboard/dashboard.bundle.cjs');

/** @returns {import('./control').Control} */
function controlOf(jobManager, server, path) {
    const deleteSocket = () => {
        if (!IS_WINDOWS) {
            fs.rmSync(path, {force: true});
        }
    };
    let closed;
    const close = () => {
        closed ??= new Promise((resolve) => {
            jobManager.events.off('shutting down', close);
            process.off('exit', deleteSocket);
            // Whoever waits for the end is not left waiting by a process that ends for having nothing else to do.
            const linger = setTimeout(() => server.closeAllConnections(), LINGER_MS);
            server.close(() => {
                clearTimeout(linger);
                resolve();
            });
            server.closeIdleConnections();
        });
        return closed;
    };
    jobManager.events.on('shutting down', close);
    // `process.exit()` closes nothing.
    process.on('exit', deleteSocket);
    if (jobManager.stats().state !== 'open') {
        // It was shut down meanwhile.
        void close();
    }
    return {path, close};
}

module.exports = {listen};
