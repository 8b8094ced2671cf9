'use strict';

const assert = require('node:assert/strict');
const {spawnSync} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const {temporaryFolder} = require('../support/temporary-folder');

const RUNNER = path.join(__dirname, '../../scripts/test-javascript.js');

/** Runs the runner on test files with these bodies. */
function runTests(t, ...bodies) {
    const folder = temporaryFolder(t);
    const files = bodies.map((body, index) => {
        const file = path.join(folder, `${index}.test.js`);
        fs.writeFileSync(file, `const {test} = require('node:test');\n${body}`);
        return file;
    });
    // This variable tells a Node.js process that it is part of a run above it.
    const {NODE_TEST_CONTEXT: _, ...env} = process.env;
    const {status, stdout} = spawnSync(process.execPath, [RUNNER, ...files], {encoding: 'utf8', env});
    return {status, stdout};
}

test('the tests of all files are counted', (t) => {
    const {status, stdout} = runTests(
        t,
        `test('one', () => {});`,
        `test('two', () => {}); test('three', () => {});`
    );
    assert.equal(status, 0);
    assert.match(stdout, /# tests 3\n# pass 3\n# fail 0\n$/);
});

test('a failed test fails the run, whose other files still run', (t) => {
    const {status, stdout} = runTests(
        t,
        `test('bad', () => { throw new Error('broken'); });`,
        `test('good', () => {});`
    );
    assert.equal(status, 1);
    assert.match(stdout, /failed: .*0\.test\.js, 1 tests\n# tests 2\n# pass 1\n# fail 1\n$/);
});

test('a file that ends itself in the middle fails the run', (t) => {
    const {status, stdout} = runTests(t, `test('good', () => {}); test('ends', () => process.exit(3));`);
    assert.equal(status, 1);
    assert.match(stdout, /failed: .*exit code 3/);
});

test('a file without tests fails the run', (t) => {
    const {status, stdout} = runTests(t, '');
    assert.equal(status, 1);
    assert.match(stdout, /ran no test/);
});

test('a skipped test fails the run', (t) => {
    const {status, stdout} = runTests(t, `test('good', () => {}); test.skip('later', () => {});`);
    assert.equal(status, 1);
    assert.match(stdout, /skipped a test/);
});
