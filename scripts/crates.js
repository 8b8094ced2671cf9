'use strict';

// The crates whose code is in the addon, on whichever platform.

const {execFileSync} = require('node:child_process');
const path = require('node:path');
const {ROOT, cargo} = require('./commands');
const {napi, name: packageName} = require('../package.json');

const OWN_NAME = packageName.split('/').at(-1);
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * @typedef {object} Crate
 * @property {string} name
 * @property {string} version
 * @property {string} license an SPDX expression
 * @property {string} [repository]
 * @property {string[]} authors
 * @property {string} folder where cargo has its source
 */

function readCargo(...args) {
    const {file, args: cargoArgs} = cargo(...args, '--locked');
    return execFileSync(file, cargoArgs, {cwd: ROOT, encoding: 'utf8', maxBuffer: MAX_OUTPUT_BYTES});
}

/**
 * The crates of other authors that are linked into the addon of at least one target, by name. What only runs while it
 * is built (build scripts, procedural macros) or tested is not among them.
 *
 * @returns {Crate[]}
 */
function linkedCrates() {
    const targets = napi.targets.flatMap((target) => ['--target', target]);
    const tree = readCargo('tree', '--edges', 'normal,no-proc-macro', ...targets, '--prefix', 'none');
    const linked = new Set(
        Array.from(tree.matchAll(/^(\S+) v(\S+)/gm), ([, name, version]) => `${name} ${version}`)
    );
    return JSON.parse(readCargo('metadata', '--format-version', '1'))
        .packages.filter(({name, version}) => name !== OWN_NAME && linked.has(`${name} ${version}`))
        .map(({name, version, license, repository, authors, manifest_path: manifest}) => ({
            name,
            version,
            license,
            repository: repository ?? undefined,
            authors,
            folder: path.dirname(manifest)
        }))
        .toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
}

module.exports = {linkedCrates};
