'use strict';

// The two steps before every other: what they make is kept until what it was made from changes.

const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {makeBundles} = require('./bundles');
const {ROOT, npm, tool} = require('./commands');
const {portableLinkerEnv} = require('./portable-linker');
const {run} = require('./run');
const {contentHash, isCurrent, record} = require('./stamp');

const UP_TO_DATE = {ok: true, note: 'up to date'};

/** Installs the development dependencies. */
async function install() {
    const hash = contentHash(['package.json', 'package-lock.json'], [process.platform, process.arch]);
    if (isCurrent('install', hash)) {
        return UP_TO_DATE;
    }
    // `npm ci` starts by deleting node_modules, with the caches in it: where there is one, npm adds only what differs.
    // `--no-save` leaves the lock file as it is.
    const isClean = !fs.existsSync(path.join(ROOT, 'node_modules'));
    const command = isClean ? ['ci'] : ['install', '--no-save'];
    const result = await run(npm(...command, '--ignore-scripts', '--loglevel=error'));
    if (result.ok) {
        record('install', hash);
    }
    return result;
}

/**
 * Builds the addon, with its loader and types, into lib/native/, and the bundles of lib/.
 *
 * @param {string[]} [options] more options of `napi build`, such as a target other than this machine
 */
async function build(options = []) {
    await makeBundles();
    return buildAddon(options);
}

async function buildAddon(options) {
    const {name, version, napi} = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
    const env = options.length === 0 ? await linkerEnv() : {};
    const facts = [
        compilerVersion(),
        process.platform,
        process.arch,
        JSON.stringify([name, version, napi, env])
    ];
    const hash = contentHash(
        ['src', '.cargo', 'build.rs', 'Cargo.toml', 'Cargo.lock'],
        [...facts, ...options]
    );
    if (isCurrent('build', hash) && isBuilt(napi.binaryName)) {
        return UP_TO_DATE;
    }
    const outputs = ['--output-dir', 'lib/native', '--js', 'binding.js', '--dts', 'binding.d.ts'];
    const args = ['build', '--platform', '--release', ...outputs, ...options, '--', '--locked'];
    const result = await run({...tool('@napi-rs/cli', 'napi', ...args), env});
    if (result.ok) {
        record('build', hash);
    }
    return result;
}

/** Without the portable linker the addon can be used on this machine, and `npm run pack` refuses it. */
async function linkerEnv() {
    try {
        return await portableLinkerEnv();
    } catch (error) {
        console.error(
            `The addon is linked for this machine only: the linker for older Linux distributions is missing.\n` +
                `Make the npm registry reachable and build again, to make packages for others.\n${error.message}`
        );
        return {};
    }
}

function compilerVersion() {
    try {
        return execFileSync('rustc', ['-vV'], {cwd: ROOT, encoding: 'utf8'});
    } catch (error) {
        throw new Error('building the addon needs Rust: install it with rustup or your package manager', {
            cause: error
        });
    }
}

function isBuilt(binaryName) {
    const files = fs.readdirSync(path.join(ROOT, 'lib/native'));
    const isAddon = (file) => file.startsWith(`${binaryName}.`) && file.endsWith('.node');
    return files.includes('binding.js') && files.includes('binding.d.ts') && files.some(isAddon);
}

/**
 * Both steps, for the commands that need the addon. Says on the standard error what is missing.
 *
 * @param {string[]} [buildOptions]
 * @returns {Promise<boolean>} whether the addon is there
 */
async function prepare(buildOptions) {
    try {
        return (await install()).ok && (await build(buildOptions)).ok;
    } catch (error) {
        console.error(error.message);
        return false;
    }
}

module.exports = {install, build, prepare};
