'use strict';

const assert = require('node:assert/strict');
const {execFileSync} = require('node:child_process');
const {test} = require('node:test');
const {npm} = require('../../scripts/commands');
const {copyInstallFiles} = require('../../scripts/lock');
const {temporaryFolder} = require('../support/temporary-folder');
const lockFile = require('../../package-lock.json');

const packages = Object.entries(lockFile.packages);

test('`npm ci` accepts the lock file on a clean clone', (t) => {
    const folder = temporaryFolder(t);
    copyInstallFiles(folder);
    const {file, args, shell} = npm('ci', '--dry-run', '--loglevel=error');
    try {
        execFileSync(file, args, {cwd: folder, shell, encoding: 'utf8', stdio: 'pipe'});
    } catch (error) {
        assert.fail(`run \`npm run lock\` and commit package-lock.json:\n${error.stderr}`);
    }
});

test('the lock file has the optional packages of every platform', () => {
    const locked = new Set(packages.map(([location]) => location.split('node_modules/').at(-1)));
    const missing = packages
        .flatMap(([, {optionalDependencies = {}}]) => Object.keys(optionalDependencies))
        .filter((name) => !locked.has(name));
    assert.deepEqual(missing, [], 'run `npm run lock`');
});

test('the lock file names no registry, and has a hash for every package', () => {
    const dependencies = packages.filter(([location]) => location !== '');
    assert.deepEqual(
        dependencies.filter(([, {resolved}]) => resolved !== undefined),
        []
    );
    assert.deepEqual(
        dependencies.filter(([, {integrity, inBundle}]) => !integrity && !inBundle),
        []
    );
});
