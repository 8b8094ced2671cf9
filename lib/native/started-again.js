'use strict';

/**
 * A worker process whose program is not `node` but the host's application starts that again, which would start worker
 * processes as its host did, and so on. It is ended here, before it can do anything.
 */

const fs = require('node:fs');
const path = require('node:path');
const {incorrectUsage} = require('../host/errors');
const {PREPARED} = require('../wire/boot');
const {serializeError} = require('../wire/clone');
const {ToHost, encodeFrame} = require('../wire/frames');
const {WORKER_SCRIPT} = require('./worker-script');

/** The descriptor on which the host hears of its worker processes; see lib/worker/channel.js. */
const TO_HOST_FD = 4;
/** As of a worker that does not understand its host: EX_PROTOCOL of sysexits.h. */
const EXIT_CODE = 76;

/** Of any copy of this package. */
const isWorkerScript = (argument) => path.basename(argument) === path.basename(WORKER_SCRIPT);

/**
 * Ends this process if it was to be a worker process, and something else runs in it. The script of a worker process
 * has put the job's arguments in the place of its own before any code but preloads runs.
 */
function refuseToRunAgain() {
    if (process[PREPARED] !== undefined || !process.argv.slice(1).some(isWorkerScript)) {
        return;
    }
    const error = new Error(
        `The program ${process.execPath} started the application again instead of the worker script. Worker processes ` +
            'need a node binary: pass its path as the option "execPath" of the job manager or the job'
    );
    error.code = 'EXEC_PATH_NOT_NODE';
    error.stack = `Error: ${error.message}`;
    try {
        fs.writeSync(TO_HOST_FD, encodeFrame(ToHost.ERROR, serializeError(error)));
    } catch {
        fs.writeSync(2, `${error.message}\n`);
    }
    process.reallyExit(EXIT_CODE);
}

/**
 * @throws {IncorrectUsageError} MANAGER_IN_PRELOAD, while a worker process loads what the host has loaded before its
 *   main module, and that is the application
 */
function refuseInPreload() {
    if (process[PREPARED] !== undefined) {
        throw incorrectUsage({
            message:
                'A job manager was made in a worker process before its job began, by a module that --require, --import ' +
                'or NODE_OPTIONS loads: each worker process would start the application again. Start the application ' +
                'as the main module, or give worker processes other flags: worker: {execArgv: []}',
            code: 'MANAGER_IN_PRELOAD'
        });
    }
}

module.exports = {refuseToRunAgain, refuseInPreload};
