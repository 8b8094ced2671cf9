'use strict';

// Installs a Ghost from the npm registry into a cache folder of the user, once: with the version of pnpm that it asks for, and
// with a better-sqlite3 that is built here, since no prebuilt one can be downloaded everywhere.

const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const {npm} = require('../commands');

const VERSION = '6.65.0';
const CACHE = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'job-manager-ghost');

/** Runs a command and shows what it prints. */
function run({file, args, shell}, cwd, env = {}) {
    execFileSync(file, args, {
        cwd,
        shell,
        stdio: ['ignore', 'inherit', 'inherit'],
        env: {...process.env, ...env}
    });
}

function installPnpm(wanted) {
    const folder = path.join(CACHE, `pnpm-${wanted}`);
    if (!fs.existsSync(folder)) {
        fs.mkdirSync(folder, {recursive: true});
        run(
            npm('install', '--prefix', folder, '--no-package-lock', '--ignore-scripts', `pnpm@${wanted}`),
            folder
        );
    }
    const modules = path.join(folder, 'node_modules');
    const [platform] = fs.readdirSync(path.join(modules, '@pnpm'));
    return {
        program: path.join(modules, '@pnpm', platform, process.platform === 'win32' ? 'pnpm.exe' : 'pnpm'),
        nodeGyp: path.join(modules, 'pnpm/dist/node_modules/node-gyp/bin/node-gyp.js')
    };
}

function unpack(folder) {
    run(npm('pack', `ghost@${VERSION}`, '--silent', '--pack-destination', folder), folder);
    const archive = `ghost-${VERSION}.tgz`;
    run({file: 'tar', args: ['xzf', archive, '--strip-components=1']}, folder);
    fs.rmSync(path.join(folder, archive));
}

/**
 * @param {string} node - the program of a version of Node.js that this Ghost runs on, in its folder with headers
 * @returns {string} the folder of the Ghost
 */
function installGhost(node) {
    const folder = path.join(CACHE, VERSION);
    if (fs.existsSync(path.join(folder, 'installed.txt'))) {
        return folder;
    }
    console.log(`Installing Ghost ${VERSION} into ${folder}, which takes about five minutes`);
    fs.rmSync(folder, {recursive: true, force: true});
    fs.mkdirSync(folder, {recursive: true});
    unpack(folder);
    const {packageManager} = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const pnpm = installPnpm(/^pnpm@([^+]+)/.exec(packageManager)[1]);
    const env = {PATH: path.dirname(node) + path.delimiter + process.env.PATH};
    const flags = ['--prod', '--frozen-lockfile', '--ignore-scripts', '--reporter=append-only'];
    run({file: pnpm.program, args: ['install', ...flags]}, folder, env);
    // As npm would set it, and over what it has set for the version of Node.js that runs this.
    const headers = {npm_config_nodedir: path.resolve(path.dirname(node), '..')};
    const sqlite = fs.realpathSync(path.join(folder, 'node_modules/better-sqlite3'));
    run({file: node, args: [pnpm.nodeGyp, 'rebuild', '--release']}, sqlite, {...env, ...headers});
    fs.writeFileSync(path.join(folder, 'installed.txt'), `${new Date().toISOString()}\n`);
    return folder;
}

module.exports = {CACHE, VERSION, installGhost};
