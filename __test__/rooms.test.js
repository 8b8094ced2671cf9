'use strict';

// The rooms of lib/ import each other one way only (CONTRIBUTING.md, "The rooms of lib/").

const assert = require('node:assert/strict');
const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const {temporaryFolder} = require('./support/temporary-folder');

const ROOT = path.join(__dirname, '..');
const LIB = path.join(ROOT, 'lib');

/** What each room may import, besides itself and Node. */
const MAY_IMPORT = {
    manager: ['events', 'host', 'inline', 'jobs', 'metrics', 'native', 'one-off', 'runs', 'store', 'wire'],
    // An entry point: it uses the class from outside, and the parts that the bundle of the package hands out.
    'ghost-jobs': ['..', 'dashboard', 'host'],
    jobs: ['host', 'native', 'wire'],
    metrics: ['host', 'jobs'],
    runs: ['host', 'inline', 'jobs', 'native', 'wire'],
    store: ['host', 'runs', 'wire'],
    inline: ['host', 'jobs', 'wire'],
    'one-off': ['host'],
    events: ['host', 'wire'],
    native: ['host', 'wire'],
    host: ['wire'],
    dashboard: ['host'],
    // Entry points use what the manager gives them.
    cluster: ['host'],
    http: ['host'],
    otel: [],
    'check-ins': ['host'],
    control: ['host', 'http'],
    // The command line is a host, too: it uses the package by its door.
    cli: ['control', 'dashboard', 'host', 'http', 'inline', 'jobs', 'native', '..'],
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
        .readdirSync(path.join(LIB, room), {recursive: true})
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

test('requiring the package loads one bundle and the addon, and no built-in module that is slow to load', (t) => {
    // A file: for `node -e`, Node loads some of these modules itself.
    const script = path.join(temporaryFolder(t), 'host.js');
    fs.writeFileSync(
        script,
        `
        require(${JSON.stringify(ROOT)});
        const slow = ['crypto', 'v8', 'worker_threads'].map((name) => 'NativeModule ' + name);
        console.log(JSON.stringify({
            files: Object.keys(require.cache),
            slow: process.moduleLoadList.filter((name) => slow.includes(name))
        }));
        `
    );
    const env = {...process.env, NODE_OPTIONS: ''};
    const {files, slow} = JSON.parse(execFileSync(process.execPath, [script], {encoding: 'utf8', env}));
    const inLib = files
        .filter((file) => file.startsWith(LIB + path.sep) && !file.endsWith('.node'))
        .map((file) => path.relative(LIB, file));
    assert.deepEqual(inLib.toSorted(), [
        path.join('host', 'package.bundle.cjs'),
        path.join('native', 'binding.js'),
        // The class PermanentJobError, which lib/job.js has from this file too.
        path.join('wire', 'permanent.js')
    ]);
    assert.deepEqual(slow, []);
});

test('an entry point for tracing or check-ins loads neither the package nor its addon, nor the other one', () => {
    for (const entry of ['otel', 'check-ins']) {
        const script = `require(${JSON.stringify(path.join(LIB, entry))}); console.log(JSON.stringify(Object.keys(require.cache)))`;
        const env = {...process.env, NODE_OPTIONS: ''};
        const files = JSON.parse(execFileSync(process.execPath, ['-e', script], {encoding: 'utf8', env}));
        const rooms = files.filter((file) => file.startsWith(LIB + path.sep)).map(roomOf);
        assert.deepEqual(
            [...new Set(rooms)].filter((room) => !['host', `${entry}.js`, entry].includes(room)),
            []
        );
        assert.deepEqual(
            files.filter((file) => /\.(node|cjs)$/.test(file) && file.startsWith(LIB)),
            []
        );
    }
});

test('the bundle of the package keeps the names of its classes, and its errors begin at the caller', async () => {
    const JobManager = require(ROOT);
    assert.equal(JobManager.name, 'JobManager');
    const jobManager = new JobManager();
    assert.equal(jobManager.bree.constructor.name, 'BreeFacade');
    const refused = () => new JobManager({maxWorkers: 'many'});
    assert.throws(refused, ({stack}) => /^ {4}at .*rooms\.test\.js/.test(stack.split('\n')[1]));
    await jobManager.shutdown();
});
