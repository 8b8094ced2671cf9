'use strict';

const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.resolve(__dirname, '..');

/**
 * What can be measured: the two packages, a pool of processes (that of jest), one of threads (piscina), and a bare Worker of
 * `node:worker_threads`, which has none.
 */
const REQUESTS = {
    ours: ROOT,
    upstream: require.resolve('upstream-job-manager'),
    pool: require.resolve('jest-worker', {paths: [require.resolve('jest/package.json')]}),
    threads: require.resolve('piscina'),
    worker: null,
    // Of a cluster: one manager without one; BullMQ with processors in its own process, and with processors in processes of their own.
    alone: ROOT,
    bullmq: null,
    sandboxed: null
};

/** Size of what our package and its binary for this machine put on a disk, in bytes. */
function ourInstalledBytes() {
    const {files} = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
    const folders = files.map((pattern) => pattern.split('/')[0]).filter((entry) => entry !== 'lib');
    return [...folders, 'lib', 'package.json', 'README.md', 'LICENSE']
        .map((entry) => path.join(ROOT, entry))
        .filter((entry) => fs.existsSync(entry))
        .reduce((sum, entry) => sum + sizeOnDisk(entry), 0);
}

/** Size of the package that ours replaces, with every package that it needs, in bytes. */
function upstreamInstalledBytes() {
    const seen = new Set();
    const visit = (folder) => {
        if (seen.has(folder)) {
            return;
        }
        seen.add(folder);
        const {dependencies = {}} = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'));
        for (const name of Object.keys(dependencies)) {
            visit(installedFolder(name, folder));
        }
    };
    visit(path.dirname(REQUESTS.upstream));
    return [...seen].reduce((sum, folder) => sum + sizeOnDisk(folder, {skip: 'node_modules'}), 0);
}

/** Where Node finds a package from another's folder. */
function installedFolder(name, from) {
    for (let folder = from; ; folder = path.dirname(folder)) {
        const candidate = path.join(folder, 'node_modules', name);
        if (fs.existsSync(path.join(candidate, 'package.json'))) {
            return candidate;
        }
        if (folder === path.dirname(folder)) {
            throw new Error(`The package ${name}, needed in ${from}, is not installed`);
        }
    }
}

function sizeOnDisk(entry, {skip} = {}) {
    const status = fs.lstatSync(entry);
    if (!status.isDirectory()) {
        return status.size;
    }
    return fs
        .readdirSync(entry)
        .filter((name) => name !== skip)
        .reduce((sum, name) => sum + sizeOnDisk(path.join(entry, name), {skip}), 0);
}

module.exports = {REQUESTS, ROOT, ourInstalledBytes, upstreamInstalledBytes};
