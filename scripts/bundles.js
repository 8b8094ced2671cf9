'use strict';

// The files that the build makes of the modules in lib/: one is loaded by hosts, one by worker processes, one by the dashboard.

const {bundleDashboard} = require('./dashboard-script');
const {bundleHostScript} = require('./host-script');
const {bundleWorkerScript} = require('./worker-script');

/** Makes them anew, which takes less than a second. */
async function makeBundles() {
    await Promise.all([bundleHostScript(), bundleWorkerScript(), bundleDashboard()]);
}

module.exports = {makeBundles};
