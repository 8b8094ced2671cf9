'use strict';

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {linkedCrates} = require('../../scripts/crates');
const {billOfMaterials} = require('../../scripts/sbom');
const {name, version} = require('../../package.json');

test('the bill of materials names the package, and every crate in the addon as a dependency of it', () => {
    const bill = billOfMaterials();
    assert.equal(bill.bomFormat, 'CycloneDX');
    const product = bill.metadata.component;
    assert.deepEqual([product.name, product.version], [name, version]);

    const crates = linkedCrates().map((crate) => `pkg:cargo/${crate.name}@${crate.version}`);
    assert.deepEqual(
        bill.components.map(({purl}) => purl),
        crates,
        'no npm package is installed with it'
    );
    assert.deepEqual(bill.dependencies.find(({ref}) => ref === product['bom-ref']).dependsOn, crates);
    for (const {licenses} of bill.components) {
        assert.match(licenses[0].expression, /^[\w.\- ()]+$/);
    }
});
