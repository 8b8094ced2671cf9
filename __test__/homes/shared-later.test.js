'use strict';

// Hosts that share `@breejs/later` with the package that this one replaces have it set to local time by loading that.

const assert = require('node:assert/strict');
const {execFile} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {suite, test} = require('node:test');
const {promisify} = require('node:util');
const {NODE_MAJORS, nodeBinary} = require('../support/nodes');
const {ROOT} = require('../support/scripts');
const {temporaryFolder} = require('../support/temporary-folder');

const run = promisify(execFile);

/** A host with dependencies of its own: `later` is the code of its `@breejs/later`, if it has one. */
function hostFolder(t, {later, main = 'main.js', program}) {
    const folder = temporaryFolder(t);
    fs.writeFileSync(path.join(folder, main), program);
    if (later) {
        const place = path.join(folder, 'node_modules', '@breejs', 'later');
        fs.mkdirSync(place, {recursive: true});
        fs.writeFileSync(path.join(place, 'index.js'), later);
    }
    return folder;
}

const REAL = `module.exports = require(${JSON.stringify(require.resolve('@breejs/later'))});`;
const PROGRAM = `
    require(${JSON.stringify(ROOT)});
    const later = require('@breejs/later');
    const schedule = later.schedule(later.parse.cron('0 0 3 * * *', true));
    console.log(schedule.next(1, new Date('2026-01-05T12:00:00Z')).toISOString());
`;
const inNewYork = {...process.env, TZ: 'America/New_York'};

for (const major of NODE_MAJORS) {
    test(`a nightly schedule of the host is at local time, Node.js ${major}`, async (t) => {
        const folder = hostFolder(t, {later: REAL, program: PROGRAM});
        // Found from the program, wherever that was started.
        const {stdout} = await run(nodeBinary(major), [path.join(folder, 'main.js')], {
            cwd: '/',
            env: inNewYork
        });
        assert.equal(stdout.trim(), '2026-01-06T08:00:00.000Z');
    });
}

suite('other hosts', () => {
    test('one whose program is elsewhere, such as a test runner, is found by its working directory', async (t) => {
        const folder = hostFolder(t, {later: REAL, program: ''});
        const elsewhere = hostFolder(t, {
            program: PROGRAM.replace(
                "require('@breejs/later')",
                "require(process.cwd() + '/node_modules/@breejs/later')"
            )
        });
        const {stdout} = await run(process.execPath, [path.join(elsewhere, 'main.js')], {
            cwd: folder,
            env: inNewYork
        });
        assert.equal(stdout.trim(), '2026-01-06T08:00:00.000Z');
    });

    test('an ES module', async (t) => {
        const program = `import {createRequire} from 'node:module'; const require = createRequire(import.meta.url); ${PROGRAM}`;
        const folder = hostFolder(t, {later: REAL, main: 'main.mjs', program});
        const {stdout} = await run(process.execPath, [path.join(folder, 'main.mjs')], {
            cwd: '/',
            env: inNewYork
        });
        assert.equal(stdout.trim(), '2026-01-06T08:00:00.000Z');
    });

    const loaded = `
        require(${JSON.stringify(ROOT)});
        console.log(Object.keys(require.cache).filter((file) => file.includes('@breejs')).length);
    `;
    test('one that has none loads none, not even that beside this package', async (t) => {
        const folder = hostFolder(t, {program: loaded});
        const {stdout} = await run(process.execPath, [path.join(folder, 'main.js')], {cwd: folder});
        assert.equal(stdout.trim(), '0');
    });

    test('one whose copy is broken is left alone', async (t) => {
        for (const later of ['throw new Error("broken");', 'module.exports = {};']) {
            const folder = hostFolder(t, {
                later,
                program: `require(${JSON.stringify(ROOT)}); console.log('loaded');`
            });
            const {stdout, stderr} = await run(process.execPath, [path.join(folder, 'main.js')], {
                cwd: folder
            });
            assert.deepEqual([stdout.trim(), stderr], ['loaded', '']);
        }
    });
});
