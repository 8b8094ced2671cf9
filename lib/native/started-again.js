'use strict';

/** What is said where the application runs in what was to be a worker process. */

const fs = require('node:fs');
const {incorrectUsage} = require('../host/errors');
const {serializeError} = require('../wire/clone');
const {ToHost, encodeFrame} = require('../wire/frames');

/** The descriptor on which the host hears of its worker processes; see lib/worker/channel.js. */
const TO_HOST_FD = 4;
/** As of a worker that does not understand its host: EX_PROTOCOL of sysexits.h. */
const EXIT_CODE = 76;

/** Ends this process before it can do anything, and the run with an error that says why: EXEC_PATH_NOT_NODE. */
function endProcess() {
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

/** @returns {Error} of a job manager that is made while a worker process loads the preloads of its host */
function madeInPreload() {
    return incorrectUsage({
        message:
            'A job manager was made in a worker process before its job began, by a module that --require, --import ' +
            'or NODE_OPTIONS loads: each worker process would start the application again. Start the application ' +
            'as the main module, or give worker processes other flags: worker: {execArgv: []}',
        code: 'MANAGER_IN_PRELOAD'
    });
}

module.exports = {endProcess, madeInPreload};
