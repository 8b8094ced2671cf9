'use strict';

/** The tests of this folder once more on each other version of Node.js that is supported. */

const assert = require('node:assert/strict');
const {spawn} = require('node:child_process');
const {once} = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const {text} = require('node:stream/consumers');
const {test} = require('node:test');
const {NODE_MAJORS, nodeBinary} = require('../support/nodes.js');

/** Without what makes a process part of the test run it was started in. */
const env = {...process.env};
delete env.NODE_TEST_CONTEXT;

const files = fs
    .readdirSync(__dirname)
    .filter((name) => name.endsWith('.test.js') && name !== path.basename(__filename))
    .map((name) => path.join(__dirname, name));

for (const major of NODE_MAJORS) {
    test(`all of it on Node.js ${major}`, async () => {
        const node = nodeBinary(major);
        if (node === process.execPath) {
            // These files are run with it anyway.
            assert.equal(Number.parseInt(process.versions.node, 10), major);
            return;
        }
        for (const file of files) {
            const child = spawn(node, ['--test-reporter=spec', file], {
                env,
                stdio: ['ignore', 'pipe', 'inherit']
            });
            const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
            assert.equal(code, 0, output);
            assert.match(output, /^ℹ pass [1-9]/m);
        }
    });
}
