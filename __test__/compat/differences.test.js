'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');

const {forgottenFiles, render} = require('./support/differences');
const {ROOT} = require('./support/packages');

test('docs/differences.md lists the differences that the suite states', () => {
    assert.equal(fs.readFileSync(path.join(ROOT, 'docs', 'differences.md'), 'utf8'), render());
});

test('every file of the suite has its place in the document', () => {
    assert.deepEqual(forgottenFiles(), []);
});
