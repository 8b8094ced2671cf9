'use strict';

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {linkedCrates} = require('../../scripts/crates');
const {billOfMaterials} = require('../../scripts/sbom');
const {name, version} = require('../../package.json');
const {packages} = require('../../package-lock.json');

test('the bill of materials names the package, and what its addon and its dashboard contain as dependencies of it', () => {
    const bill = billOfMaterials();
    assert.equal(bill.bomFormat, 'CycloneDX');
    const product = bill.metadata.component;
    assert.deepEqual([product.name, product.version], [name, version]);

    const crates = linkedCrates().map((crate) => `pkg:cargo/${crate.name}@${crate.version}`);
    const bundled = `pkg:npm/idiomorph@${packages['node_modules/idiomorph'].version}`;
    const contained = [...crates, bundled];
    assert.deepEqual(
        bill.components.map(({purl}) => purl),
        contained,
        'no npm package is installed with it'
    );
    assert.deepEqual(bill.dependencies.find(({ref}) => ref === product['bom-ref']).dependsOn, contained);
    for (const {licenses} of bill.components) {
        assert.match(licenses[0].expression, /^[\w.\- ()]+$/);
    }
});
