'use strict';

const assert = require('node:assert/strict');
const {execFileSync} = require('node:child_process');
const {test} = require('node:test');
const {NODE_MAJORS, nodeBinary} = require('./nodes');

for (const major of NODE_MAJORS) {
    test(`a program of Node.js ${major} is there and runs`, () => {
        const version = execFileSync(nodeBinary(major), ['--version'], {encoding: 'utf8'});
        assert.match(version, new RegExp(`^v${major}\\.`));
    });
}
