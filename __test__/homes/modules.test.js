'use strict';

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {startProgram} = require('./support/programs');

test('an ES module imports the class that require gives, by both of its names, and runs a job by its URL', async (t) => {
    const {ended} = startProgram(t, 'modules.mjs');
    const {code, output} = await ended;
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(output), [true, 'function', true, true]);
});
