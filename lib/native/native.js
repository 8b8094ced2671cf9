'use strict';

/**
 * Loads the native addon. If there is none for this machine, the error says what to do.
 */

const {platform, arch} = process;

/**
 * The name of the package that carries the addon for this machine, as napi-rs names them.
 *
 * @returns {string}
 */
function platformPackage() {
    const libc = {linux: isMusl() ? '-musl' : '-gnu', win32: '-msvc'}[platform] ?? '';
    return `@tryghost/job-manager-${platform}-${arch}${libc}`;
}

function isMusl() {
    return platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime;
}

function load() {
    try {
        return require('./binding.js');
    } catch (cause) {
        const {loadFailure} = require('./load-failure');
        throw loadFailure(cause, platformPackage());
    }
}

module.exports = load();
