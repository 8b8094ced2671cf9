'use strict';

// The two files that the build makes of the modules in lib/: one is loaded by hosts, one by worker processes.

const {bundleHostScript} = require('./host-script');
const {bundleWorkerScript} = require('./worker-script');

/** Makes both anew, which takes less than a second. */
async function makeBundles() {
    await Promise.all([bundleHostScript(), bundleWorkerScript()]);
}

module.exports = {makeBundles};
