'use strict';

// The files that the build makes of the modules in lib/: one is loaded by hosts, one by worker processes, one by the dashboard.

const {bundleDashboardAssets} = require('./dashboard-assets');
const {bundleHostScript} = require('./host-script');
const {bundleWorkerScript} = require('./worker-script');

/** Makes them anew, which takes less than a second. */
async function makeBundles() {
    await Promise.all([bundleHostScript(), bundleWorkerScript(), bundleDashboardAssets()]);
}

module.exports = {makeBundles};
