'use strict';

// Has packed packages judged as a user's tools would see them: by publint, the main one's types by "Are the types
// wrong?", and the addons for Linux by which versions of the C library they need.

const {execFileSync} = require('node:child_process');
const {tool} = require('./commands');
const {run} = require('./run');
const {newerThanGlibc, symbolVersions} = require('./symbol-versions');

/** The oldest glibc that the addon has to load with. The releases of Node.js 20, 22 and 24 for Linux need it too. */
const GLIBC_FLOOR = '2.28';
const MAX_ADDON_BYTES = 64 * 1024 * 1024;

/** The addon, as it is in the tarball. */
function readAddon({manifest, tarball}) {
    const args = ['-xzOf', tarball, `package/${manifest.main}`];
    return execFileSync('tar', args, {maxBuffer: MAX_ADDON_BYTES});
}

/**
 * The versions that an addon needs and that its platform need not have.
 *
 * @param {{libc?: string[]}} manifest of the platform's package
 * @param {Buffer} addon
 * @param {string} [floor]
 */
function unwantedVersions({libc = []}, addon, floor = GLIBC_FLOOR) {
    if (libc.length === 0) {
        return [];
    }
    const versions = symbolVersions(addon);
    return libc.includes('glibc')
        ? newerThanGlibc(versions, floor)
        : versions.filter((version) => version.startsWith('GLIBC_'));
}

/** @returns {boolean} whether the addon loads wherever its package can be installed */
function checkAddon(platform) {
    const unwanted = unwantedVersions(platform.manifest, readAddon(platform));
    if (unwanted.length > 0) {
        console.error(
            `${platform.manifest.main} needs ${unwanted.join(', ')}, and has to load with glibc ${GLIBC_FLOOR}: ` +
                'build it again by `npm run build`, with the npm registry in reach, or look for the new symbol'
        );
    }
    return unwanted.length === 0;
}

/**
 * @param {{main: string, platforms: Array<{manifest: object, tarball: string}>}} packed
 * @returns {Promise<boolean>} whether they are fit to be published
 */
async function checkPackages({main, platforms}) {
    const checks = [
        ...[main, ...platforms.map(({tarball}) => tarball)].map((tarball) =>
            tool('publint', 'publint', 'run', tarball, '--strict', '--level', 'warning')
        ),
        tool('@arethetypeswrong/cli', 'attw', main, '--no-definitely-typed', '--no-emoji')
    ];
    const verdicts = platforms.map(checkAddon);
    for (const check of checks) {
        verdicts.push((await run(check)).ok);
    }
    return verdicts.every(Boolean);
}

module.exports = {GLIBC_FLOOR, checkPackages, unwantedVersions};
