'use strict';

const path = require('node:path');
const {serialize} = require('../wire/clone');
const {NativeManager} = require('./native');

/** Made of lib/worker/bootstrap.js by `npm run build`. */
const BOOTSTRAP_PATH = require.resolve('../worker/bootstrap.bundle.cjs');

/**
 * Starts the native side of a manager.
 *
 * @param {import('../../index').Options} options - of `new JobManager`, checked
 * @param {object} owner - collected as if the native side did not know it
 * @param {(owner: object) => void} onEvents - called on the host's event loop when there is something to take; must
 *   not throw
 * @returns {NativeManager}
 */
function createNative({maxWorkers, warmWorkers = 'auto', startTimeout}, owner, onEvents) {
    const options = {
        maxWorkers,
        warmWorkers: warmWorkers === 'auto' ? undefined : warmWorkers,
        startTimeoutMs: startTimeout,
        execPath: path.isAbsolute(process.execPath) ? process.execPath : require('./node-path').nodePath(),
        bootstrapPath: BOOTSTRAP_PATH,
        cancelMessage: serialize('cancel')
    };
    const weakOwner = new WeakRef(owner);
    return new NativeManager(options, () => {
        const manager = weakOwner.deref();
        if (manager) {
            onEvents(manager);
        }
    });
}

module.exports = {createNative};
