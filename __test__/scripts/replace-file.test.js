'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const {replaceFile} = require('../../scripts/replace-file');
const {temporaryFolder} = require('../support/temporary-folder');

test('a file that is being read is replaced whole, and nothing else is left', (t) => {
    const folder = temporaryFolder(t);
    const file = path.join(folder, 'script.cjs');
    replaceFile(file, 'the old text');
    const reader = fs.openSync(file, 'r');
    replaceFile(file, 'new');
    assert.equal(fs.readFileSync(reader, 'utf8'), 'the old text');
    fs.closeSync(reader);
    assert.equal(fs.readFileSync(file, 'utf8'), 'new');
    assert.deepEqual(fs.readdirSync(folder), ['script.cjs']);
});
