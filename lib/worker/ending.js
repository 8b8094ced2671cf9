'use strict';

/**
 * How a worker process ends, other than by its event loop running empty, and that nothing it wrote is lost by it.
 */

const fs = require('node:fs');
const {writeFully} = require('./channel.js');
const {ToHost} = require('../wire/frames.js');
const {isPermanent} = require('../wire/permanent.js');

function stat(fd) {
    try {
        return fs.fstatSync(fd);
    } catch {
        return undefined;
    }
}

/** A device that is no terminal, or no more. */
const isNoTerminal = (fd) => Boolean(stat(fd)?.isCharacterDevice()) && !require('node:tty').isatty(fd);

function isWrittenByUs(fd) {
    const stats = stat(fd);
    return stats !== undefined && (stats.isFIFO() || stats.isSocket() || isNoTerminal(fd));
}
/** Called before each piece of output that goes to a pipe. */
let announceOutput = () => {};

/** Whether a stream was made is known here, so that ending the process does not make one to ask if it is empty. */
const streams = new Map();

let hasTerminalGone = false;

/**
 * A terminal has gone (window closed, connection lost), which is no failure of the job. When it exits, Node gives
 * terminals their settings back and aborts if it cannot; a closed descriptor it leaves alone.
 */
function terminalHasGone() {
    if (!hasTerminalGone) {
        hasTerminalGone = true;
        process.on('exit', () => [1, 2].filter(isNoTerminal).forEach((fd) => fs.closeSync(fd)));
    }
}

function takeTerminalError(error) {
    if (error.code === 'EIO') {
        terminalHasGone();
    } else if (this.listenerCount('error') === 1) {
        throw error;
    }
}

/** Node's own stream, for a file or a terminal. */
function nodeStream(getNodeStream) {
    const stream = getNodeStream.call(process);
    return stream.isTTY ? stream.on('error', takeTerminalError) : stream;
}

function install(name, fd) {
    const {get: getNodeStream, enumerable} = Object.getOwnPropertyDescriptor(process, name);
    Object.defineProperty(process, name, {
        configurable: true,
        enumerable,
        get() {
            if (!streams.has(name)) {
                const stream =
                    process.platform !== 'win32' && isWrittenByUs(fd)
                        ? require('./later.js').pipeStream.createPipeStream(fd, {
                              onTerminalGone: terminalHasGone,
                              announce: () => announceOutput()
                          })
                        : nodeStream(getNodeStream);
                streams.set(name, stream);
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

/** Exit code of a worker that received a frame it does not understand (EX_PROTOCOL of sysexits.h). */
const EXIT_PROTOCOL = 76;

/** Exit code of a worker whose job failed with an uncaught error. */
const EXIT_UNCAUGHT = 1;

// Taken now: jobs replace timers (fake clocks), and libraries hook process.reallyExit.
const {setImmediate} = globalThis;
const reallyExit = process.reallyExit.bind(process);
const kill = process.kill.bind(process);

const NOT_FOUND = new Set(['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND']);

/** Whether it is the job's own file that is missing, which trying again does not bring back. Reads without trusting. */
function isJobMissing(thrown) {
    try {
        return (
            NOT_FOUND.has(thrown?.code) &&
            thrown.message.startsWith(`Cannot find module '${process.argv[1]}'`)
        );
    } catch {
        return false;
    }
}

/** Sends the last frame there is, or writes to stderr why that cannot be. */
function report(channel, thrown) {
    let payload;
    try {
        payload = require('./later.js').errorPayload(thrown);
        const isFinal = isPermanent(thrown) || isJobMissing(thrown);
        channel.send(isFinal ? ToHost.PERMANENT_ERROR : ToHost.ERROR, payload);
    } catch (error) {
        const problem = payload
            ? `no channel to a host (${error.code})`
            : 'the error of the job cannot be sent';
        const {clone, textOf} = require('./later.js');
        const {message = textOf(thrown)} = Object(payload && clone.deserializeError(payload));
        writeFully(2, Buffer.from(`job-manager worker: ${problem}: ${message}\n`));
    }
}

/**
 * Ends a worker whose host is gone: at once, without calling the job's handlers, and with all processes the
 * job started in its group.
 */
function endOrphan() {
    if (process.platform !== 'win32') {
        try {
            // Fails when this process does not lead a group of its own.
            kill(-process.pid, 'SIGKILL');
        } catch {
            // Then only this process ends.
        }
    }
    reallyExit(EXIT_PROTOCOL);
}

/**
 * Ends a worker whose job has posted 'done': after that turn of the event loop, with its output written, without 'exit'
 * handlers, as a terminated Worker. What it writes until then is announced, so that the host waits for it.
 *
 * @param {import('./channel.js').Channel} channel to the host
 */
function endSoon(channel) {
    announceOutput = () => channel.send(ToHost.FLUSHING);
    setImmediate(() => afterOutput(() => reallyExit(0)));
}

/**
 * Ends a worker that cannot go on, telling the host why.
 *
 * @param {import('./channel.js').Channel} channel to the host
 * @param {unknown} error what was wrong
 */
function endBroken(channel, error) {
    report(channel, error);
    reallyExit(EXIT_PROTOCOL);
}

/**
 * Makes uncaught errors go to the host instead of stderr. Node's own handler keeps its part: the job's
 * 'uncaughtException' handlers, domains, then the 'exit' event with code 1. Replacing `process._fatalException` is how
 * Node's Workers do it; native code looks it up for each error.
 *
 * @param {import('./channel.js').Channel} channel to the host
 * @param {() => void} beforeEnd called before the last report
 */
function installErrorReport(channel, beforeEnd) {
    const nodeHandler = process._fatalException;
    process._fatalException = function (error, isRejection) {
        let uncaught = error;
        try {
            if (nodeHandler.call(process, error, isRejection)) {
                return true;
            }
        } catch (thrownByHandler) {
            uncaught = thrownByHandler;
            process.exitCode = EXIT_UNCAUGHT;
        }
        beforeEnd();
        report(channel, uncaught);
        reallyExit(Number(process.exitCode ?? EXIT_UNCAUGHT));
    };
}

/**
 * Calls back before `process.exit` ends the process.
 *
 * @param {() => void} beforeEnd
 */
function noteExit(beforeEnd) {
    const exit = process.reallyExit;
    process.reallyExit = function (...args) {
        beforeEnd();
        return exit.apply(process, args);
    };
}

module.exports = {noteExit, installOutput, installErrorReport, endBroken, endOrphan, endSoon};
