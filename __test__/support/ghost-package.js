'use strict';

const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {gunzipSync} = require('node:zlib');
const {ROOT, npm} = require('../../scripts/commands');

/** The Ghost whose own adapter ours is compared with. */
const VERSION = '6.65.0';
/** Below the node_modules of this repository, where Ghost's files find the packages that they need. */
const FOLDER = path.join(ROOT, 'node_modules', '.cache', 'job-manager', 'ghost', VERSION);

/** Files of the package, and packages inside it. */
const FILES = [
    'core/server/adapters/jobs/InMemoryJobsBackend.js',
    'core/server/services/adapter-manager/adapter-manager.js',
    'core/server/services/adapter-manager/utils.js',
    'core/server/services/jobs-service/job.js',
    'core/server/services/jobs-service/jobs-service.js'
];
const BASE_CLASS = /^package\/components\/tryghost-adapter-base-jobs-.*\.tgz$/;

const BLOCK = 512;

/** @returns {Map<string, Buffer>} the files of a package, by their names in its archive */
function unpack(archive) {
    const tar = gunzipSync(archive);
    const files = new Map();
    let longName;
    for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0;) {
        const text = (from, to) => tar.toString('utf8', at + from, at + to).split('\0')[0];
        const size = Number.parseInt(text(124, 136), 8);
        const kind = text(156, 157);
        const content = tar.subarray(at + BLOCK, at + BLOCK + size);
        const prefix = text(345, 500);
        const name = longName ?? (prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`);
        // A header before another one may hold its name, which is long.
        longName = kind === 'x' ? /\d+ path=(.*)\n/.exec(content.toString())?.[1] : undefined;
        if (kind === '0' || kind === '') {
            files.set(name, content);
        }
        at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    }
    return files;
}

function write(folder, name, content) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), {recursive: true});
    fs.writeFileSync(file, content);
}

/** Loads aside and moves, since another test file may be doing the same. */
function install() {
    fs.mkdirSync(path.dirname(FOLDER), {recursive: true});
    const aside = fs.mkdtempSync(path.join(path.dirname(FOLDER), 'installing-'));
    try {
        const {file, args, shell} = npm('pack', `ghost@${VERSION}`, '--silent', '--pack-destination', aside);
        execFileSync(file, args, {cwd: aside, shell, stdio: ['ignore', 'ignore', 'inherit']});
        const [archive] = fs.readdirSync(aside);
        const files = unpack(fs.readFileSync(path.join(aside, archive)));
        FILES.forEach((name) => write(aside, name, files.get(`package/${name}`)));
        const base = Array.from(files.keys()).find((name) => BASE_CLASS.test(name));
        for (const [name, content] of unpack(files.get(base))) {
            write(
                path.join(aside, 'node_modules/@tryghost/adapter-base-jobs'),
                name.replace('package/', ''),
                content
            );
        }
        fs.rmSync(path.join(aside, archive));
        fs.renameSync(aside, FOLDER);
    } catch (error) {
        fs.rmSync(aside, {recursive: true, force: true});
        if (!fs.existsSync(FOLDER)) {
            throw error;
        }
    }
}

/**
 * Parts of Ghost, from the npm registry on the first call: its adapter, the loader of adapters, and the service that uses one.
 *
 * @returns {{InMemoryJobsBackend: Function, AdapterManager: Function, JobsService: Function, Job: Function,
 *   JobsBackendBase: Function, contractTests: string}} `contractTests`: the file of its own suite
 */
function ghostPackage() {
    if (!fs.existsSync(FOLDER)) {
        install();
    }
    const load = (name) => require(path.join(FOLDER, name));
    const base = path.join(FOLDER, 'node_modules/@tryghost/adapter-base-jobs/build');
    return {
        InMemoryJobsBackend: load('core/server/adapters/jobs/InMemoryJobsBackend.js').default,
        AdapterManager: load('core/server/services/adapter-manager/adapter-manager.js').AdapterManager,
        JobsService: load('core/server/services/jobs-service/jobs-service.js').JobsService,
        Job: load('core/server/services/jobs-service/job.js').Job,
        JobsBackendBase: require(path.join(base, 'index.js')).JobsBackendBase,
        contractTests: path.join(base, 'contract-test-suite.js')
    };
}

module.exports = {ghostPackage};
