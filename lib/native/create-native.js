'use strict';

const {isAbsolute} = require('node:path');
const {serializeShortText} = require('../wire/short-text');
const {NativeManager} = require('./native');
const {WORKER_SCRIPT, refuseInPreload} = require('./worker-script');

/** Bytes of output of all runs that are kept, if the host does not say. */
const DEFAULT_OUTPUT_BUDGET_BYTES = 16 * 1024 * 1024;

function usualPath() {
    return isAbsolute(process.execPath) ? process.execPath : require('./node-path').nodePath();
}

/**
 * Starts the native side of a manager.
 *
 * @param {import('../../index').Options} options - of `new JobManager`, checked
 * @param {object} owner - may be garbage-collected: the native side holds it weakly
 * @param {(owner: object) => void} onEvents - called on the host's event loop when there are events to take; must
 *   not throw
 * @param {string} instance - leads the ids of runs
 * @returns {NativeManager}
 * @throws {Error} MANAGER_IN_PRELOAD; a StoreError
 */
function createNative(
    {
        maxWorkers,
        warmWorkers = 'auto',
        startTimeout,
        execPath,
        outputBudget = DEFAULT_OUTPUT_BUDGET_BYTES,
        clusterLeadMs,
        store
    },
    owner,
    onEvents,
    instance
) {
    refuseInPreload();
    const options = {
        maxWorkers,
        warmWorkers: warmWorkers === 'auto' ? undefined : warmWorkers,
        startTimeoutMs: startTimeout,
        execPath: execPath ?? usualPath(),
        bootstrapPath: WORKER_SCRIPT,
        cancelMessage: serializeShortText('cancel', 0),
        seed: Math.random(),
        instance,
        outputBudget,
        clusterLeadMs,
        store
    };
    const weakOwner = new WeakRef(owner);
    return new NativeManager(options, () => {
        const manager = weakOwner.deref();
        if (manager) {
            onEvents(manager);
        }
    });
}

/** What the ids of a manager's runs begin with: 8 hexadecimal digits, other ones for each manager. */
function newInstance() {
    return Math.floor(Math.random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0');
}

module.exports = {createNative, newInstance};
