'use strict';

// The linker for addons that load on old Linux distributions. An addon needs the version of glibc that it is linked
// against, so this is a GCC with glibc 2.17 of its own, from the npm registry. It links, and compiles the C code of
// crates (SQLite), whose functions have to be those of that glibc as well.

const {execFile} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {Readable} = require('node:stream');
const {pipeline} = require('node:stream/promises');
const {promisify} = require('node:util');
const {ROOT, npm} = require('./commands');

const TARGET = 'x86_64-unknown-linux-gnu';
const PACKAGE = '@napi-rs/cross-toolchain-x64-target-x86_64';
const VERSION = '1.0.0';
const INTEGRITY =
    'sha512-lecoghCfoTAX9MLFcIx9/nL9M8xdkZ9n8Pki8qjKUNzjiq1zbECdEbzIZAMMHRtrXxifK9dAyYuh8gSxNbr2og==';
const CACHE = path.join(ROOT, 'node_modules', '.cache', 'job-manager', 'linker');

const execute = promisify(execFile);

/** Whether this machine is one that the linker runs on and links for. */
function isForThisMachine() {
    const {platform, arch, report} = process;
    return platform === 'linux' && arch === 'x64' && Boolean(report.getReport().header.glibcVersionRuntime);
}

/**
 * The environment in which cargo uses it; empty on other machines. The first call installs it: 50 MB.
 *
 * @returns {Promise<Record<string, string>>}
 * @throws {Error} when it cannot be installed, or does not run here
 */
async function portableLinkerEnv() {
    if (!isForThisMachine()) {
        return {};
    }
    const folder = path.join(CACHE, VERSION);
    if (!fs.existsSync(folder)) {
        await install(folder);
    }
    const linker = path.join(folder, 'bin', `${TARGET}-gcc`);
    await execute(linker, ['--version']);
    const name = TARGET.replaceAll('-', '_');
    return {[`CARGO_TARGET_${name.toUpperCase()}_LINKER`]: linker, [`CC_${name}`]: linker};
}

/** Installs aside and moves, so that an interrupted install leaves nothing half done. */
async function install(folder) {
    fs.mkdirSync(CACHE, {recursive: true});
    const aside = fs.mkdtempSync(path.join(CACHE, 'installing-'));
    try {
        const archive = await download(aside);
        await execute('tar', ['-xzf', archive, '-C', aside]);
        const toolchain = path.join(aside, 'toolchain');
        fs.mkdirSync(toolchain);
        await unpackXz(path.join(aside, 'package', `${TARGET}.tar.xz`), toolchain);
        fs.renameSync(toolchain, folder);
    } catch (error) {
        // A concurrent build may have done the same.
        if (!fs.existsSync(folder)) {
            throw error;
        }
    } finally {
        fs.rmSync(aside, {recursive: true, force: true});
    }
}

/** @returns {Promise<string>} the path of the package's archive, whose hash has been checked */
async function download(folder) {
    const flags = ['--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder];
    const {file, args, shell} = npm('pack', `${PACKAGE}@${VERSION}`, ...flags);
    const {stdout} = await execute(file, args, {cwd: folder, shell});
    const [{filename, integrity}] = JSON.parse(stdout);
    if (integrity !== INTEGRITY) {
        throw new Error(`${PACKAGE}@${VERSION} has the hash ${integrity}, not the expected ${INTEGRITY}`);
    }
    return path.join(folder, filename);
}

async function unpackXz(archive, folder) {
    // Loaded here, since this module is loaded before the development dependencies are installed.
    const {XzReadableStream} = require('xz-decompress');
    const compressed = Readable.toWeb(fs.createReadStream(archive));
    // By way of a file: tar stops at the end of the archive, which may be before the end of a pipe.
    const tarball = archive.replace(/\.xz$/, '');
    await pipeline(Readable.fromWeb(new XzReadableStream(compressed)), fs.createWriteStream(tarball));
    await execute('tar', ['-xf', tarball, '-C', folder]);
}

module.exports = {portableLinkerEnv};
