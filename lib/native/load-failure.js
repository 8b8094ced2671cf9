'use strict';

/** Why the addon cannot be loaded, in words: the cause first, then what to do about it. */

const {otherRuntime} = require('../host/runtime');

/** Messages of the system's loader, and what is behind them. */
const CAUSES = [
    {
        means: /loading addons is disabled|ERR_DLOPEN_DISABLED/,
        cause: 'node was started with --no-addons, or with --permission and without --allow-addons',
        remedy: 'Allow addons: this package is one.'
    },
    {
        means: /failed to map segment|Operation not permitted/,
        cause: 'the system does not let code be loaded from that folder, which is probably mounted "noexec"',
        remedy: 'Install to a folder that is not, or mount it with "exec".'
    },
    {
        means: /version [`'"]?(GLIBC_[\d.]+)/,
        cause: ([, wanted]) => `it needs ${wanted} or later, and this system has ${libc()}`,
        remedy: 'Use a newer system, or build the addon on this one: npm run build in the repository (needs Rust).'
    },
    {
        means: /libc\.musl|ld-musl|symbol not found|ld-linux/,
        cause: () => `it was made for another C library than that of this system, ${libc()}`,
        remedy: 'Install again on this system: node_modules was copied from another one.'
    },
    {
        means: /file too short|invalid ELF header|cannot read file data|ELF load command|not a valid Win32|truncated|no such file/i,
        cause: 'its file is damaged or was cut short',
        remedy: 'Install the package again.'
    },
    {
        means: /wrong ELF class|incompatible architecture|mach-o, but wrong/,
        cause: `it was made for another processor than ${process.arch}`,
        remedy: 'Install again on this system: node_modules was copied from another one.'
    },
    {
        means: /Permission denied|EACCES/,
        cause: 'its file may not be read',
        remedy: 'Give this user the right to read it.'
    }
];

function libc() {
    const {glibcVersionRuntime} = process.report?.getReport().header ?? {};
    return glibcVersionRuntime ? `glibc ${glibcVersionRuntime}` : 'no glibc';
}

/** The error and its causes: the generated loader ties the failure of each place that it tried to the next. */
const chainOf = (error) => (error instanceof Error ? [error, ...chainOf(error.cause)] : []);

/** The generated loader keeps the messages of what failed, not their codes. Its own comes first, and says nothing. */
const isMissing = ({message}) => /^Cannot find (module|package|native binding)/.test(message);

function missing(packageName) {
    return {
        code: 'NATIVE_ADDON_MISSING',
        message:
            `@tryghost/job-manager has no native addon for ${process.platform}-${process.arch}: neither the package ` +
            `${packageName} nor a local build is there. Reinstall without --omit=optional, or build it from source: ` +
            `npm run build (needs Rust, https://rustup.rs) in the package's repository.`
    };
}

function unloadable({message}) {
    const known = CAUSES.find(({means}) => means.test(message));
    const match = known?.means.exec(message);
    const cause = known && (typeof known.cause === 'function' ? known.cause(match) : known.cause);
    const why = cause ? `${cause}. ${known.remedy} (${message})` : message;
    return {
        code: 'NATIVE_ADDON_UNLOADABLE',
        message: `@tryghost/job-manager cannot load its native addon: ${why}`
    };
}

/**
 * The error to throw in place of what loading the addon has thrown.
 *
 * @param {Error} cause - of the generated loader
 * @param {string} packageName - that carries the addon for this machine
 * @returns {Error} NATIVE_ADDON_MISSING or NATIVE_ADDON_UNLOADABLE
 */
function loadFailure(cause, packageName) {
    const failed = chainOf(cause).find((error) => !isMissing(error));
    const {code, message} = failed ? unloadable(failed) : missing(packageName);
    const runtime = otherRuntime();
    const hint = runtime ? ` This is ${runtime}; the package is made for Node.js.` : '';
    return Object.assign(new Error(message + hint, {cause}), {code});
}

module.exports = {loadFailure};
