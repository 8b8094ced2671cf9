'use strict';

const assert = require('node:assert/strict');
const {test} = require('node:test');
const {distTag, releaseOrder} = require('../../scripts/publish');

test('the main package is published after those that it depends on', () => {
    const packages = [
        {name: '@scope/jobs-linux', version: '1.0.0'},
        {name: '@scope/jobs-win32', version: '1.0.0'}
    ];
    assert.deepEqual(releaseOrder({name: '@scope/jobs', version: '1.0.0'}, packages), [
        'scope-jobs-linux-1.0.0.tgz',
        'scope-jobs-win32-1.0.0.tgz',
        'scope-jobs-1.0.0.tgz'
    ]);
});

test('only a release without a suffix becomes the latest one', () => {
    assert.equal(distTag('5.0.0'), 'latest');
    assert.equal(distTag('5.0.0-alpha.0'), 'next');
});
