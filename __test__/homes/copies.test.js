'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const {temporaryFolder} = require('../support/temporary-folder');
const {jobPath} = require('./support/programs');

const ROOT = path.join(__dirname, '..', '..');

/** The package as it is installed below two dependencies of one host. */
function copyPackage(t) {
    const folder = path.join(temporaryFolder(t), 'job-manager');
    fs.mkdirSync(folder);
    for (const entry of ['package.json', 'index.js', 'lib']) {
        fs.cpSync(path.join(ROOT, entry), path.join(folder, entry), {recursive: true});
    }
    return folder;
}

async function run(manager, name) {
    const completion = manager.awaitCompletion(name);
    await manager.addJob({name, job: jobPath('completes')});
    await completion;
}

test('two copies in one process each run their jobs', async (t) => {
    const classes = [ROOT, copyPackage(t), copyPackage(t)].map((folder) => require(folder));
    assert.equal(new Set(classes).size, 3);
    const managers = classes.map((JobManager) => new JobManager({logger: {}}));
    await Promise.all(managers.map((manager) => run(manager, 'job')));
    // What one copy does leaves the others alone.
    const [first, ...others] = managers;
    await first.shutdown();
    await Promise.all(others.map((manager) => run(manager, 'another')));
    await Promise.all(others.map((manager) => manager.shutdown()));
});

test('a copy that is loaded again is another one', async (t) => {
    const folder = copyPackage(t);
    const First = require(folder);
    for (const file of Object.keys(require.cache)) {
        if (file.startsWith(folder) && !file.endsWith('.node')) {
            delete require.cache[file];
        }
    }
    const Second = require(folder);
    assert.notEqual(First, Second);
    const managers = [First, Second].map((JobManager) => new JobManager({logger: {}}));
    await Promise.all(managers.map((manager) => run(manager, 'job')));
    await Promise.all(managers.map((manager) => manager.shutdown()));
});
