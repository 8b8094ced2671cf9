'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const {GLIBC_FLOOR, unwantedVersions} = require('../../scripts/check-package');
const {ROOT} = require('../../scripts/commands');
const {platformManifests} = require('../../scripts/pack');
const {newerThanGlibc, symbolVersions} = require('../../scripts/symbol-versions');

/** The addons that are built here, each with its package's manifest. */
const built = [...platformManifests().values()]
    .map((manifest) => ({manifest, file: path.join(ROOT, 'lib/native', manifest.main)}))
    .filter(({file}) => fs.existsSync(file))
    .map(({manifest, file}) => ({manifest, addon: fs.readFileSync(file)}));

test('the addon needs no glibc newer than the one that Node.js needs', () => {
    assert.ok(built.length > 0, 'no addon is built');
    for (const {manifest, addon} of built) {
        assert.deepEqual(unwantedVersions(manifest, addon), [], manifest.name);
    }
});

test('the check reads the versions of a real file, and fails above the floor', () => {
    for (const {manifest, addon} of built.filter(({manifest: {libc = []}}) => libc.includes('glibc'))) {
        assert.ok(symbolVersions(addon).some((version) => version.startsWith('GLIBC_2.')));
        assert.notDeepEqual(unwantedVersions(manifest, addon, '2.1'), []);
        assert.notDeepEqual(unwantedVersions({libc: ['musl']}, addon), []);
    }
});

test('versions are compared as numbers; those without one are newer', () => {
    const versions = ['GLIBC_2.2.5', 'GLIBC_2.3', 'GLIBC_2.28', 'GLIBC_2.29', 'GLIBC_2.34', 'GCC_4.2.0'];
    assert.deepEqual(newerThanGlibc(versions, GLIBC_FLOOR), ['GLIBC_2.29', 'GLIBC_2.34']);
    assert.deepEqual(newerThanGlibc(['GLIBC_PRIVATE', 'GLIBC_ABI_DT_RELR'], GLIBC_FLOOR).length, 2);
});

test('a file whose versions cannot be read is refused', () => {
    const notElf = Buffer.from('MZ, and more than a header of bytes');
    assert.throws(() => symbolVersions(notElf), /not a 64-bit little-endian ELF file/);
    const withoutSections = Buffer.alloc(64);
    withoutSections.write('\x7fELF\x02\x01', 'latin1');
    assert.throws(() => symbolVersions(withoutSections), /no section headers/);
});
