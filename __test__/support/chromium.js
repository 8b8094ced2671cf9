'use strict';

const fs = require('node:fs');
const path = require('node:path');

/** Where it is, if JOB_MANAGER_TEST_CHROMIUM does not say (`.ci/with-chromium` sets it). */
const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome'];

function inPath() {
    const folders = (process.env.PATH ?? '').split(path.delimiter);
    return folders.flatMap((folder) => PROGRAMS.map((name) => path.join(folder, name))).find(fs.existsSync);
}

/** The browser that tests may use: undefined on a machine without one. */
const CHROMIUM = process.env.JOB_MANAGER_TEST_CHROMIUM ?? inPath();

if (CHROMIUM === undefined) {
    console.log(
        "Left out: the tests in a browser. JOB_MANAGER_TEST_CHROMIUM does not say where a Chromium is, and PATH has none. Debian's package is `chromium`."
    );
}

/** @returns {Promise<import('playwright-core').Browser>} to be closed by the caller */
async function launchChromium() {
    const {chromium} = require('playwright-core');
    return chromium.launch({
        executablePath: CHROMIUM,
        // Its sandbox refuses to be root's; the pages are our own.
        chromiumSandbox: process.getuid?.() !== 0,
        args: ['--disable-dev-shm-usage', '--force-color-profile=srgb']
    });
}

module.exports = {CHROMIUM, launchChromium};
