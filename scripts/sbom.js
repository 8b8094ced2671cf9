'use strict';

// The software bill of materials of what is published, as CycloneDX: the npm packages by `npm sbom`, and what npm does not
// know of: the crates in the addon, and the package in the dashboard's script.

const {execFileSync} = require('node:child_process');
const {ROOT, npm} = require('./commands');
const {linkedCrates} = require('./crates');
const {name: packageName} = require('../package.json');
const {packages} = require('../package-lock.json');

/** Development dependencies that are part of what the build makes. */
const BUNDLED = ['idiomorph'];

function npmBill() {
    const flags = ['--sbom-format=cyclonedx', '--omit=dev', '--package-lock-only', '--loglevel=error'];
    const {file, args, shell} = npm('sbom', ...flags);
    return JSON.parse(execFileSync(file, args, {cwd: ROOT, shell, encoding: 'utf8'}));
}

function library(kind, {name, version, license, repository}) {
    const purl = `pkg:${kind}/${name}@${version}`;
    return {
        'bom-ref': purl,
        type: 'library',
        name,
        version,
        scope: 'required',
        purl,
        licenses: [{expression: license}],
        externalReferences: repository ? [{type: 'vcs', url: repository}] : []
    };
}

/** @param {import('./crates').Crate} crate */
function component(crate) {
    // Before SPDX expressions, crates wrote "MIT/Apache-2.0".
    return library('cargo', {...crate, license: crate.license.replaceAll('/', ' OR ')});
}

/** @param {string} name - of a package in the lock file */
function bundledComponent(name) {
    const {version, license} = packages[`node_modules/${name}`];
    return library('npm', {name, version, license});
}

/** @returns {object} the bill, in the CycloneDX format that `npm sbom` writes */
function billOfMaterials() {
    const bill = npmBill();
    const added = [...linkedCrates().map(component), ...BUNDLED.map(bundledComponent)];
    const product = bill.metadata.component;
    return {
        ...bill,
        // npm takes the name from the folder of the clone.
        metadata: {...bill.metadata, component: {...product, name: packageName}},
        components: [...bill.components, ...added],
        dependencies: bill.dependencies.map((entry) =>
            entry.ref === product['bom-ref']
                ? {...entry, dependsOn: [...entry.dependsOn, ...added.map(({purl}) => purl)]}
                : entry
        )
    };
}

module.exports = {billOfMaterials};
