'use strict';

const path = require('node:path');

const ROOT = path.resolve(__dirname, '..', '..', '..');

/** The two packages under test: `request` is what a host would pass to `require`. */
const PACKAGES = [
    {key: 'upstream', label: 'upstream 4.1.15', request: require.resolve('upstream-job-manager')},
    {key: 'ours', label: 'ours', request: ROOT}
];

module.exports = {PACKAGES, ROOT};
