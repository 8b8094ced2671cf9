'use strict';

const {Writable} = require('node:stream');
const {writeFully} = require('./channel.js');

/** Errors of a reader that has gone: the host's output was closed, which is no failure of the job. */
const READER_GONE = new Set(['EPIPE', 'ECONNRESET']);

/** As much as a pipe holds: beyond that a write waits for the reader. */
const PIECE_BYTES = 64 * 1024;

/**
 * A standard stream that has written what it was given when write() returns.
 *
 * @param {number} fd 1 or 2: a pipe, a socket, or a terminal that has gone
 * @param {object} on what to do
 * @param {() => void} on.onTerminalGone when it is a terminal that has gone
 * @param {() => void} on.announce before each piece that is written
 * @returns {Writable} in place of Node's own
 */
function createPipeStream(fd, {onTerminalGone, announce}) {
    const stream = new Writable({
        decodeStrings: true,
        write(chunk, encoding, callback) {
            try {
                for (let start = 0; start < chunk.length; start += PIECE_BYTES) {
                    announce();
                    writeFully(fd, chunk.subarray(start, start + PIECE_BYTES));
                }
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
