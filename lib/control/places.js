'use strict';

/** Where control sockets are: in a folder that only their owner can enter. Hosts and the command line both look here. */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {ControlError} = require('./control-error');

const IS_WINDOWS = process.platform === 'win32';
const PIPE_PREFIX = '\\\\.\\pipe\\';
const OWNER_ONLY = 0o700;
const WRITABLE_BY_OTHERS = 0o022;
/** `sun_path` of <sys/un.h>, without its final NUL. */
const LONGEST_PATH = process.platform === 'linux' ? 107 : 103;
const LONGEST_NAME = 40;
const ROOT = 0;
/** Script names that say nothing about the program: its folder does. */
const USUAL_NAMES = new Set(['index', 'main', 'server', 'app', 'start', 'cli', 'worker']);

/**
 * The folder of the sockets of this user: below `$XDG_RUNTIME_DIR`, which only the user can enter, or else below the
 * folder of temporary files.
 *
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string}
 */
function socketFolder(env = process.env) {
    const runtime = env.XDG_RUNTIME_DIR;
    return runtime && path.isAbsolute(runtime)
        ? path.join(runtime, 'job-manager')
        : path.join(os.tmpdir(), `job-manager-${process.getuid?.() ?? 'user'}`);
}

/** A name for the sockets of this program: that of its script, or of the folder it is in. */
function programName(script = process.argv[1]) {
    const {name, dir} = path.parse(script ?? '');
    const chosen = name === '' || USUAL_NAMES.has(name) ? path.basename(dir) : name;
    const safe = chosen.replaceAll(/[^\w.-]+/g, '-').slice(0, LONGEST_NAME);
    return /\w/.test(safe) ? safe : 'node';
}

/**
 * @param {string} [name]
 * @returns {string} the path of the socket of this process, unless it is asked for another one
 */
function defaultPath(name = programName()) {
    const file = `${name.replaceAll(/[^\w.-]+/g, '-')}-${process.pid}`;
    return IS_WINDOWS ? `${PIPE_PREFIX}job-manager-${file}` : path.join(socketFolder(), `${file}.sock`);
}

/** @throws {ControlError} CONTROL_PATH_TOO_LONG */
function checkLength(socket) {
    const bytes = Buffer.byteLength(socket);
    if (!IS_WINDOWS && bytes > LONGEST_PATH) {
        throw new ControlError(
            'CONTROL_PATH_TOO_LONG',
            `The path of the control socket has ${bytes} bytes, and this system takes at most ${LONGEST_PATH}: ${socket}`,
            {
                help: 'Give a shorter one, such as socket: "/run/reports/control.sock", or set XDG_RUNTIME_DIR to a short path.'
            }
        );
    }
}

/**
 * Why a folder is not fit for a control socket, which must be replaceable by nobody but this user and root.
 *
 * @param {string} folder
 * @returns {string | undefined} undefined if it is fit
 */
function unfitness(folder) {
    const stats = fs.statSync(folder);
    const user = process.getuid?.();
    if (!stats.isDirectory()) {
        return 'is not a folder';
    }
    if (user === undefined) {
        return undefined;
    }
    if (stats.uid !== user && stats.uid !== ROOT) {
        return `belongs to user ${stats.uid}, who could put another socket there`;
    }
    const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
    return stats.mode & WRITABLE_BY_OTHERS
        ? `can be written by others (its mode is ${mode}), who could put another socket there`
        : undefined;
}

/**
 * Makes the folder of a socket if it is missing, for its owner alone.
 *
 * @param {string} socket
 * @throws {ControlError} CONTROL_FOLDER_UNSAFE, CONTROL_FAILED
 */
function prepareFolder(socket) {
    const folder = path.dirname(socket);
    let why;
    try {
        fs.mkdirSync(folder, {recursive: true, mode: OWNER_ONLY});
        why = unfitness(folder);
    } catch (error) {
        throw new ControlError(
            'CONTROL_FAILED',
            `The folder of the control socket cannot be made: ${error.message}`,
            {
                cause: error
            }
        );
    }
    if (why !== undefined) {
        throw new ControlError(
            'CONTROL_FOLDER_UNSAFE',
            `The control socket is not made: its folder ${folder} ${why}`,
            {
                help: `Make it private (chmod 700 ${folder}), or give another one: socket: "/run/reports/control.sock".`
            }
        );
    }
}

/**
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {string[]} the sockets in the folder of this user; hosts of some of them may have died
 */
function socketsInFolder(env) {
    const folder = socketFolder(env);
    try {
        if (unfitness(folder) !== undefined) {
            return [];
        }
        const files = fs.readdirSync(folder).filter((name) => name.endsWith('.sock'));
        return files.toSorted().map((name) => path.join(folder, name));
    } catch {
        // No host has listened yet.
        return [];
    }
}

module.exports = {
    IS_WINDOWS,
    checkLength,
    defaultPath,
    prepareFolder,
    programName,
    socketFolder,
    socketsInFolder,
    unfitness
};
