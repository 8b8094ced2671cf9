'use strict';

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {countJavaScriptTests, countRustTests} = require('../../scripts/steps');
const {missingNeeds, summary, totals} = require('../../scripts/summary');

const result = (outcome, tests) => ({name: 'step', outcome, seconds: 0, tests});

test('the tests of every Rust test program are summed', () => {
    const output = [
        'test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s',
        'test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s'
    ].join('\n');
    assert.deepEqual(countRustTests(output), {passed: 15, failed: 2});
});

test('the JavaScript tests are read from the closing lines only', () => {
    const output = '# pass 99\n-- a.test.js\n# tests 7\n# pass 6\n# fail 1\n';
    assert.deepEqual(countJavaScriptTests(output), {passed: 6, failed: 1});
});

test('a step without tests counts as one', () => {
    assert.deepEqual(totals([result('ok'), result('failed'), result('left out')]), {passed: 1, failed: 2});
});

test('a step that fails without a failed test counts as one failure beside its passed tests', () => {
    assert.deepEqual(totals([result('failed', {passed: 5, failed: 0})]), {passed: 5, failed: 1});
    assert.deepEqual(totals([result('failed', {passed: 5, failed: 3})]), {passed: 5, failed: 3});
});

test('a step is left out when what it needs failed or was left out itself', () => {
    const results = [
        {name: 'install', outcome: 'ok'},
        {name: 'build', outcome: 'failed'},
        {name: 'package', outcome: 'left out'}
    ];
    assert.deepEqual(missingNeeds({needs: ['install', 'build', 'package']}, results), ['build', 'package']);
    assert.deepEqual(missingNeeds({}, results), []);
});

test('the summary closes with the counts on a line of their own', () => {
    const lines = summary([result('ok', {passed: 5, failed: 0}), result('failed')]).split('\n');
    assert.equal(lines.at(-1), '5 passed, 1 failed');
    assert.equal(lines.length, 4);
});
