'use strict';

/** Listens on a socket file that only its owner can open. */

const {once} = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const {ControlError} = require('./control-error');
const {IS_WINDOWS, checkLength, prepareFolder, socketsInFolder} = require('./places');

const OWNER_ONLY = 0o600;

/**
 * @param {string} socket
 * @returns {Promise<boolean>} whether a program listens there
 */
async function isAlive(socket) {
    const connection = net.connect(socket);
    try {
        await once(connection, 'connect');
        return true;
    } catch (error) {
        // EAGAIN: so many are waiting to be accepted that one more does not fit.
        return error.code === 'EAGAIN' || error.code === 'EACCES';
    } finally {
        connection.destroy();
    }
}

const inodeOf = (file) => fs.lstatSync(file, {throwIfNoEntry: false})?.ino;

/** Deletes what a host has left that was killed. What another host has put there meanwhile has another inode. */
async function deleteIfDead(socket) {
    const inode = inodeOf(socket);
    if (inode === undefined || (await isAlive(socket))) {
        return;
    }
    if (inodeOf(socket) === inode) {
        fs.rmSync(socket, {force: true});
    }
}

/** @throws {ControlError} if the path is taken by something that lives, or is no socket */
async function freePath(socket) {
    const stats = fs.lstatSync(socket, {throwIfNoEntry: false});
    if (stats === undefined) {
        return;
    }
    if (!stats.isSocket()) {
        throw new ControlError(
            'CONTROL_PATH_TAKEN',
            `The control socket is not made: ${socket} is another kind of file`,
            {
                help: 'Give another path, or delete the file if it is not needed.'
            }
        );
    }
    await deleteIfDead(socket);
    if (fs.existsSync(socket)) {
        throw new ControlError(
            'CONTROL_SOCKET_IN_USE',
            `The control socket is not made: another host listens on ${socket}`,
            {
                help: 'Give each host a path of its own, or none: the default has the number of the process in it.'
            }
        );
    }
}

/** Binds with a mask, so that there is no moment in which others could connect. */
function bind(server, socket) {
    let mask;
    try {
        mask = process.umask(0o177);
    } catch {
        // In a worker thread, where a mask cannot be set: the folder is private all the same.
    }
    try {
        // `exclusive`: a process of a cluster has a socket of its own.
        server.listen({path: socket, exclusive: true});
    } finally {
        if (mask !== undefined) {
            process.umask(mask);
        }
    }
}

/**
 * @param {import('node:http').Server} server - does not keep the process alive
 * @param {string} socket - a path, or the name of a pipe on Windows
 * @returns {Promise<void>}
 * @throws {ControlError}
 */
async function listenOnSocket(server, socket) {
    checkLength(socket);
    if (!IS_WINDOWS) {
        prepareFolder(socket);
        await freePath(socket);
    }
    bind(server, socket);
    try {
        await once(server, 'listening');
    } catch (error) {
        throw new ControlError(
            'CONTROL_FAILED',
            `The control socket ${socket} cannot be made: ${error.message}`,
            {
                cause: error
            }
        );
    }
    if (!IS_WINDOWS) {
        fs.chmodSync(socket, OWNER_ONLY);
    }
    server.unref();
}

/** Deletes the sockets that hosts of this user have left in the usual folder. */
async function deleteDeadSockets() {
    await Promise.all(socketsInFolder().map((socket) => deleteIfDead(socket)));
}

module.exports = {deleteDeadSockets, isAlive, listenOnSocket};
