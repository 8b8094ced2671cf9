'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const {ROOT} = require('../../scripts/commands');
const {linkedCrates} = require('../../scripts/crates');
const {ACCEPTED, FILE, chosenLicenses, thirdPartyLicenses} = require('../../scripts/licenses');

test('THIRD-PARTY-LICENSES has the licence of every crate in the addon', () => {
    const committed = fs.readFileSync(path.join(ROOT, FILE), 'utf8');
    assert.ok(committed === thirdPartyLicenses(), 'run `npm run licenses` and commit THIRD-PARTY-LICENSES');
});

test('what only builds or tests the addon is not listed; what another platform needs is', () => {
    const names = new Set(linkedCrates().map(({name}) => name));
    for (const linked of ['tokio', 'napi', 'rustix', 'windows-sys']) {
        assert.ok(names.has(linked), linked);
    }
    for (const other of ['job-manager', 'napi-build', 'syn', 'proptest']) {
        assert.ok(!names.has(other), other);
    }
});

test('one licence of each choice is taken, and none that is not accepted', () => {
    assert.deepEqual(chosenLicenses('MIT'), ['MIT']);
    assert.deepEqual(chosenLicenses('Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT'), ['MIT']);
    assert.deepEqual(chosenLicenses('MIT/Apache-2.0'), ['MIT']);
    assert.deepEqual(chosenLicenses('(MIT OR Apache-2.0) AND Unicode-3.0'), ['MIT', 'Unicode-3.0']);
    assert.throws(() => chosenLicenses('GPL-3.0-only'), /GPL-3.0-only/);
    assert.throws(() => chosenLicenses('MIT AND GPL-3.0-only'), /GPL-3.0-only/);
});

test('deny.toml accepts the same licences, for the targets of package.json', () => {
    const {napi} = require('../../package.json');
    const config = fs.readFileSync(path.join(ROOT, 'deny.toml'), 'utf8');
    const listOf = (key) =>
        JSON.parse(new RegExp(`^${key} = (\\[[^\\]]*\\])`, 'm').exec(config)[1].replace(/,\s*\]/, ']'));
    assert.deepEqual(listOf('allow'), ACCEPTED);
    assert.deepEqual(listOf('targets'), napi.targets);
});
