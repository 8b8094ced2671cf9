'use strict';

// The two steps before every other: what they make is kept until what it was made from changes.

const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {ROOT, npm, tool} = require('./commands');
const {run} = require('./run');
const {contentHash, isCurrent, record} = require('./stamp');
const {bundleWorkerScript} = require('./worker-script');

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
 * Builds the addon, with its loader and types, into lib/native/, and the script of worker processes.
 *
 * @param {string[]} [options] more options of `napi build`, such as a target other than this machine
 */
async function build(options = []) {
    await bundleWorkerScript();
    return buildAddon(options);
}

async function buildAddon(options) {
    const {name, version, napi} = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
    const facts = [compilerVersion(), process.platform, process.arch, JSON.stringify([name, version, napi])];
    const hash = contentHash(['src', 'build.rs', 'Cargo.toml', 'Cargo.lock'], [...facts, ...options]);
    if (isCurrent('build', hash) && isBuilt(napi.binaryName)) {
        return UP_TO_DATE;
    }
    const outputs = ['--output-dir', 'lib/native', '--js', 'binding.js', '--dts', 'binding.d.ts'];
    const args = ['build', '--platform', '--release', ...outputs, ...options, '--', '--locked'];
    const result = await run(tool('@napi-rs/cli', 'napi', ...args));
    if (result.ok) {
        record('build', hash);
    }
    return result;
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
