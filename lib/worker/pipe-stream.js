'use strict';

const {Writable} = require('node:stream');
const {writeFully} = require('./channel.js');

/** Errors of a reader that has gone: the host's output was closed, which is no failure of the job. */
const READER_GONE = new Set(['EPIPE', 'ECONNRESET']);

/**
 * A standard stream that has written what it was given when write() returns.
 *
 * @param {number} fd 1 or 2: a pipe, a socket, or a terminal that has gone
 * @param {() => void} onTerminalGone called when it is a terminal that has gone
 * @returns {Writable} in place of Node's own
 */
function createPipeStream(fd, onTerminalGone) {
    const stream = new Writable({
        decodeStrings: true,
        write(chunk, encoding, callback) {
            try {
                writeFully(fd, chunk);
                callback();
            } catch (error) {
                const isTerminal = error.code === 'EIO';
                if (isTerminal) {
                    onTerminalGone();
                }
                callback(isTerminal || READER_GONE.has(error.code) ? null : error);
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

module.exports = {createPipeStream};
