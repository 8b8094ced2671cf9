'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const {isModuleFile} = require('../../lib/jobs/module-kind');
const {temporaryFolder} = require('../support/temporary-folder');

test('whether a script is an ES module is guessed from its name, else from the nearest package.json', (t) => {
    const folder = temporaryFolder(t);
    const write = (file, text) => {
        fs.mkdirSync(path.dirname(path.join(folder, file)), {recursive: true});
        fs.writeFileSync(path.join(folder, file), text);
    };
    write('package.json', '{"type": "module"}');
    write('commonjs/package.json', '{"type": "commonjs"}');
    write('untyped/package.json', '{}');
    write('broken/package.json', '{');
    const expected = {
        'job.js': true,
        'job.ts': true,
        'job.cjs': false,
        'job.cts': false,
        'deep/in/job.js': true,
        'commonjs/job.js': false,
        'commonjs/job.mjs': true,
        'commonjs/job.mts': true,
        'commonjs/deep/job.js': false,
        'untyped/job.js': false,
        'broken/job.js': false
    };
    const found = Object.keys(expected).map((file) => [file, isModuleFile(path.join(folder, file))]);
    assert.deepEqual(Object.fromEntries(found), expected);
});
