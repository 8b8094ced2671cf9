'use strict';

// The software bill of materials of what is published, as CycloneDX: the npm packages by `npm sbom`, and the crates in
// the addon, which npm does not know of.

const {execFileSync} = require('node:child_process');
const {ROOT, npm} = require('./commands');
const {linkedCrates} = require('./crates');
const {name: packageName} = require('../package.json');

function npmBill() {
    const flags = ['--sbom-format=cyclonedx', '--omit=dev', '--package-lock-only', '--loglevel=error'];
    const {file, args, shell} = npm('sbom', ...flags);
    return JSON.parse(execFileSync(file, args, {cwd: ROOT, shell, encoding: 'utf8'}));
}

/** @param {import('./crates').Crate} crate */
function component({name, version, license, repository}) {
    const purl = `pkg:cargo/${name}@${version}`;
    return {
        'bom-ref': purl,
        type: 'library',
        name,
        version,
        scope: 'required',
        purl,
        // Before SPDX expressions, crates wrote "MIT/Apache-2.0".
        licenses: [{expression: license.replaceAll('/', ' OR ')}],
        externalReferences: repository ? [{type: 'vcs', url: repository}] : []
    };
}

/** @returns {object} the bill, in the CycloneDX format that `npm sbom` writes */
function billOfMaterials() {
    const bill = npmBill();
    const crates = linkedCrates().map(component);
    const product = bill.metadata.component;
    return {
        ...bill,
        // npm takes the name from the folder of the clone.
        metadata: {...bill.metadata, component: {...product, name: packageName}},
        components: [...bill.components, ...crates],
        dependencies: bill.dependencies.map((entry) =>
            entry.ref === product['bom-ref']
                ? {...entry, dependsOn: [...entry.dependsOn, ...crates.map(({purl}) => purl)]}
                : entry
        )
    };
}

module.exports = {billOfMaterials};
