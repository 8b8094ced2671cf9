'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/**
 * Makes a folder that is deleted when the test ends.
 *
 * @param {import('node:test').TestContext} t
 * @returns {string} its path, without symbolic links
 */
function temporaryFolder(t) {
    const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'job-manager-test-'));
    t.after(() => fs.rmSync(folder, {recursive: true, force: true, maxRetries: 5}));
    return folder;
}

module.exports = {temporaryFolder};
