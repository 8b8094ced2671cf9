'use strict';

/** The script of worker processes, and what must not run in its place. */

const path = require('node:path');
const {PREPARED} = require('../wire/boot');

/** lib/worker/bootstrap.js, made one file by `npm run build`. */
const WORKER_SCRIPT = require.resolve('../worker/bootstrap.bundle.cjs');

/** Of any copy of this package. */
const isWorkerScript = (argument) => path.basename(argument) === path.basename(WORKER_SCRIPT);

/**
 * Ends this process if it was to be a worker process, and something else runs in it: its program is not `node` but the
 * application of the host, which would start worker processes as its host did, and so on. The worker script puts the
 * job's arguments in the place of its own before any code but preloads runs.
 */
function refuseToRunAgain() {
    if (process[PREPARED] === undefined && process.argv.slice(1).some(isWorkerScript)) {
        require('./started-again').endProcess();
    }
}

/**
 * @throws {IncorrectUsageError} MANAGER_IN_PRELOAD, while a worker process loads what the host has loaded before its
 *   main module, and that is the application
 */
function refuseInPreload() {
    if (process[PREPARED] !== undefined) {
        throw require('./started-again').madeInPreload();
    }
}

module.exports = {WORKER_SCRIPT, refuseToRunAgain, refuseInPreload};
