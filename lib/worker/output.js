'use strict';

/**
 * `process.stdout` and `process.stderr` of a job.
 *
 * Node writes to files and terminals synchronously, but to pipes in the background: what is still in its memory when
 * the process ends is lost, 64 KiB being enough. A Worker loses nothing. So pipes get a stream here that writes
 * synchronously as well, made when the job first asks for it.
 */

const fs = require('node:fs');
const {writeFully} = require('./channel.js');

/** Errors of a reader that has gone: the host's output was closed, which is no failure of the job. */
const READER_GONE = new Set(['EPIPE', 'ECONNRESET']);

function isPipe(fd) {
    try {
        const stats = fs.fstatSync(fd);
        return stats.isFIFO() || stats.isSocket();
    } catch {
        return false;
    }
}

function createPipeStream(fd) {
    const {Writable} = require('node:stream');
    const stream = new Writable({
        decodeStrings: true,
        write(chunk, encoding, callback) {
            try {
                writeFully(fd, chunk);
                callback();
            } catch (error) {
                callback(READER_GONE.has(error.code) ? null : error);
            }
        },
        // As the standard streams of Node: ended, perhaps, but never closed.
        destroy(error, callback) {
            callback(error);
        }
    });
    stream.fd = fd;
    return stream;
}

/** Whether a stream was made is known here, so that ending the process does not make one to ask if it is empty. */
const streams = new Map();

function install(name, fd) {
    const {get: getNodeStream, enumerable} = Object.getOwnPropertyDescriptor(process, name);
    Object.defineProperty(process, name, {
        configurable: true,
        enumerable,
        get() {
            if (!streams.has(name)) {
                const ofPipe = process.platform !== 'win32' && isPipe(fd);
                streams.set(name, ofPipe ? createPipeStream(fd) : getNodeStream.call(process));
            }
            return streams.get(name);
        }
    });
}

/** Puts the streams in place; nothing is opened before the job uses them. */
function installOutput() {
    install('stdout', 1);
    install('stderr', 2);
}

/**
 * Calls back when nothing the job has written is waiting in this process: at once, unless a stream of Node's own is
 * behind (a terminal on Windows).
 *
 * @param {() => void} callback what to do then
 */
function afterOutput(callback) {
    const behind = [...streams.values()].find((stream) => stream.writableLength > 0 && !stream.destroyed);
    if (behind === undefined) {
        callback();
        return;
    }
    behind.once('drain', () => afterOutput(callback));
    behind.once('error', callback);
}

module.exports = {installOutput, afterOutput};
