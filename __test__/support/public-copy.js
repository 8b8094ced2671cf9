'use strict';

const fs = require('node:fs');
const path = require('node:path');
const {temporaryFolder} = require('./temporary-folder');

const ROOT = path.join(__dirname, '../..');

/** Whom a host becomes that gives up root. */
const NOBODY = 65534;

/**
 * The package and a folder of host programs where any user can read them.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} hosts the folder, from the root of the project
 * @returns {string} the copy of that folder
 */
function publicCopy(t, hosts) {
    const folder = temporaryFolder(t);
    fs.chmodSync(folder, 0o755);
    for (const part of ['index.js', 'package.json', 'lib', '__test__/support', hosts]) {
        fs.cpSync(path.join(ROOT, part), path.join(folder, part), {recursive: true});
    }
    return path.join(folder, hosts);
}

module.exports = {NOBODY, publicCopy};
