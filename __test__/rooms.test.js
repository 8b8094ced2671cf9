'use strict';

// The rooms of lib/ import each other one way only (CONTRIBUTING.md, "The rooms of lib/").

const assert = require('node:assert/strict');
const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const ROOT = path.join(__dirname, '..');
const LIB = path.join(ROOT, 'lib');

/** What each room may import, besides itself and Node. */
const MAY_IMPORT = {
    jobs: ['host', 'native', 'wire'],
    inline: ['host', 'jobs'],
    'one-off': ['host'],
    events: ['host', 'wire'],
    native: ['host', 'wire'],
    host: ['wire'],
    worker: ['wire'],
    wire: []
};

/** Made by the build. */
const isGenerated = (file) => /binding\.js$|\.bundle\.cjs$/.test(file);

function importsOf(file) {
    const source = fs.readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
    const specifiers = [...source.matchAll(/(?:require(?:\.resolve)?|import)\(\s*'(\.[^']+)'\s*\)/g)];
    return specifiers.map(([, specifier]) => path.resolve(path.dirname(file), specifier));
}

const roomOf = (file) => path.relative(LIB, file).split(path.sep)[0];

function filesOf(room) {
    return fs
        .readdirSync(path.join(LIB, room))
        .map((name) => path.join(LIB, room, name))
        .filter((file) => /\.(js|cjs|mjs)$/.test(file) && !isGenerated(file));
}

test('every room of lib/ is known, and imports only the rooms below it', () => {
    const rooms = fs.readdirSync(LIB, {withFileTypes: true}).filter((entry) => entry.isDirectory());
    const wrong = [];
    for (const {name: room} of rooms) {
        const below = MAY_IMPORT[room] ?? assert.fail(`lib/${room} is not in the table`);
        const allowed = new Set([room, ...below]);
        for (const file of filesOf(room)) {
            const outside = importsOf(file).filter((target) => !allowed.has(roomOf(target)));
            // The addon's script of worker processes is named there, and not loaded.
            const isPath = (target) => target.endsWith('bootstrap.bundle.cjs');
            wrong.push(
                ...outside.filter((target) => !isPath(target)).map((target) => `${file} -> ${target}`)
            );
        }
    }
    assert.deepEqual(wrong, []);
});

test('requiring the package loads no entry point beside index.js, and nothing of the worker', () => {
    const script = `
        require(${JSON.stringify(ROOT)});
        console.log(JSON.stringify(Object.keys(require.cache)));
    `;
    const loaded = JSON.parse(execFileSync(process.execPath, ['-e', script], {encoding: 'utf8'}));
    const inLib = loaded.filter((file) => file.startsWith(LIB + path.sep));
    const entryPoints = inLib
        .map((file) => path.relative(LIB, file))
        .filter((file) => !file.includes(path.sep));
    assert.deepEqual(entryPoints, ['job-manager.js']);
    assert.deepEqual(
        inLib.filter((file) => roomOf(file) === 'worker'),
        []
    );
    assert.ok(inLib.length <= 60, `${inLib.length} modules are loaded`);
});
