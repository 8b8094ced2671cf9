'use strict';

// `npm run lock`: brings package-lock.json up to date with package.json, for every platform:
//     npm run lock [-- PACKAGE@RANGE...]     with packages: adds or updates them as development dependencies
// An `npm install` in this folder drops the optional packages of other platforms from the lock file
// (https://github.com/npm/cli/issues/4828), after which `npm ci` refuses it. npm writes a complete one where there
// is no node_modules, so this works in a copy of the three files that npm reads.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {ROOT, npm} = require('./commands');
const {run} = require('./run');

/** What npm reads to decide what to install. */
const INSTALL_FILES = ['package.json', 'package-lock.json', '.npmrc'];

/** Copies them into a folder, as a clean clone has them. */
function copyInstallFiles(folder) {
    for (const file of INSTALL_FILES) {
        fs.copyFileSync(path.join(ROOT, file), path.join(folder, file));
    }
}

async function main() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'job-manager-lock-'));
    try {
        copyInstallFiles(folder);
        const flags = ['--package-lock-only', '--save-dev', '--loglevel=error'];
        const command = npm('install', ...flags, ...process.argv.slice(2));
        const {exitCode} = await run({...command, cwd: folder});
        if (exitCode === 0) {
            fs.copyFileSync(path.join(folder, 'package.json'), path.join(ROOT, 'package.json'));
            fs.copyFileSync(path.join(folder, 'package-lock.json'), path.join(ROOT, 'package-lock.json'));
        }
        process.exitCode = exitCode;
    } finally {
        fs.rmSync(folder, {recursive: true, force: true});
    }
}

if (require.main === module) {
    main();
}

module.exports = {copyInstallFiles};
