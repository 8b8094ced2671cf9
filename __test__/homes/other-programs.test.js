'use strict';

// Hosts whose program is not `node` alone: the application in one file, Electron, a snapshot; and what of the host's
// command line is not for worker processes.

const assert = require('node:assert/strict');
const {execFileSync} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {suite, test} = require('node:test');
const {pathToFileURL} = require('node:url');
const {NODE_MAJORS, nodeBinary} = require('../support/nodes');
const {temporaryFolder} = require('../support/temporary-folder');
const {programPath, startProgram} = require('./support/programs');

const APPLICATION = programPath('application.js');

/** Runs the application, and gives all that it printed, by what it is. */
async function run(t, {node, execArgv, args, env, main = 'application.js', ...settings}) {
    const {ended} = startProgram(t, main, {
        node,
        execArgv,
        args,
        env: {APPLICATION: JSON.stringify(settings), ...env}
    });
    const {code, output} = await ended;
    const lines = output
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    const of = (what) => lines.filter((line) => line.what === what).map(({value}) => value);
    return {code, starts: of('started').length, of};
}

/** A program that starts the application whatever its arguments are: what a packed one does. */
function packed(t, node) {
    const program = path.join(temporaryFolder(t), 'application');
    fs.writeFileSync(program, `#!/bin/sh\nexec '${node}' '${APPLICATION}' "$@"\n`, {mode: 0o755});
    return program;
}

for (const major of NODE_MAJORS) {
    suite(`on Node.js ${major}`, () => {
        const node = nodeBinary(major);

        test('an application that is started again in place of node refuses, and the run fails with its message', async (t) => {
            const execPath = packed(t, node);
            const {code, starts, of} = await run(t, {node, manager: {execPath}});
            assert.equal(code, 0);
            // The host, and one for the run.
            assert.equal(starts, 2);
            const [{code: failure, message}] = of('failed');
            assert.equal(failure, 'EXEC_PATH_NOT_NODE');
            assert.match(
                message,
                /^The program .+ started the application again instead of the worker script/
            );
            assert.deepEqual(of('inline').length, 1);
        });

        test('so does one that is started as a spare', async (t) => {
            const execPath = packed(t, node);
            const {starts, of} = await run(t, {node, manager: {execPath}, afterMs: 500});
            // The host, a few booted ahead of the due time, with pauses between them, and one for the run.
            assert.ok(starts >= 2 && starts <= 8, `${starts} starts`);
            assert.deepEqual(
                of('failed').map(({code}) => code),
                ['EXEC_PATH_NOT_NODE']
            );
        });

        test('an application among the preloads is refused a manager in a worker, and the run fails with MANAGER_IN_PRELOAD', async (t) => {
            const execArgv = ['--require', APPLICATION];
            const {starts, of} = await run(t, {node, execArgv, main: 'empty.js'});
            assert.equal(starts, 2);
            assert.deepEqual(
                of('failed').map(({code}) => code),
                ['MANAGER_IN_PRELOAD']
            );
        });

        test('a snapshot is not for worker processes', async (t) => {
            const folder = temporaryFolder(t);
            const blob = path.join(folder, 'snapshot.blob');
            const entry = path.join(folder, 'entry.js');
            fs.writeFileSync(
                entry,
                `require('node:v8').startupSnapshot.setDeserializeMainFunction(() => {
                    require('node:module').createRequire(${JSON.stringify(APPLICATION)})(${JSON.stringify(APPLICATION)});
                });`
            );
            execFileSync(node, ['--snapshot-blob', blob, '--build-snapshot', entry], {stdio: 'ignore'});
            const {code, starts, of} = await run(t, {node, execArgv: ['--snapshot-blob', blob]});
            assert.deepEqual({code, starts}, {code: 0, starts: 1});
            assert.deepEqual(of('message')[0].execArgv, []);
        });

        test('a file of variables is read by the host alone', async (t) => {
            const file = path.join(temporaryFolder(t), 'variables');
            fs.writeFileSync(file, 'OF_FILE=secret\n');
            const {of} = await run(t, {node, execArgv: [`--env-file=${file}`], variables: {OF_FILE: null}});
            assert.deepEqual(of('message')[0], {execPath: node, execArgv: [], env: {}});
        });

        test('source on the command line is the host alone', async (t) => {
            const source = `await import(${JSON.stringify(pathToFileURL(APPLICATION))})`;
            const execArgv = ['--input-type=module', '--eval', source, '--'];
            const {of} = await run(t, {node, execArgv});
            assert.deepEqual(of('message')[0].execArgv, []);
        });

        test('a job does not wait for the debugger of its host, and sees its NODE_OPTIONS', async (t) => {
            const options = '--no-warnings --inspect-brk=127.0.0.1:0';
            const {of} = await run(t, {node, variables: {NODE_OPTIONS: options}});
            assert.equal(of('message')[0].env.NODE_OPTIONS, options);
        });
    });
}

test('a packed application gets an error that names execPath, and with execPath it runs jobs', async (t) => {
    for (const pretends of ['pkg', 'nexe']) {
        const refused = await run(t, {pretends});
        assert.equal(refused.starts, 1);
        const [{name, code, message}] = refused.of('refused');
        assert.deepEqual({name, code}, {name: 'IncorrectUsageError', code: 'EXEC_PATH_NOT_NODE'});
        assert.match(message, new RegExp(`packed by ${pretends}.+"execPath"`));
        assert.equal(refused.of('inline').length, 1);
        for (const options of [
            {manager: {execPath: process.execPath}},
            {job: {execPath: process.execPath}}
        ]) {
            const {of} = await run(t, {pretends, ...options});
            assert.equal(of('message')[0].execPath, process.execPath);
        }
    }
});

test('Electron runs workers with ELECTRON_RUN_AS_NODE, unless execPath names a node', async (t) => {
    const {of} = await run(t, {pretends: 'electron'});
    assert.equal(of('message')[0].env.ELECTRON_RUN_AS_NODE, '1');
    const other = await run(t, {pretends: 'electron', manager: {execPath: process.execPath}});
    assert.equal(other.of('message')[0].env.ELECTRON_RUN_AS_NODE, undefined);
});

test('a job may have another node than its manager', async (t) => {
    const link = path.join(temporaryFolder(t), 'node');
    fs.symlinkSync(process.execPath, link);
    const {of} = await run(t, {job: {execPath: link}});
    assert.equal(of('message').length, 1);
    const missing = path.join(path.dirname(link), 'missing');
    const failed = await run(t, {manager: {execPath: link}, job: {execPath: missing}});
    assert.match(failed.of('failed')[0].message, /missing does not exist/);
    assert.match(
        (await run(t, {job: {execPath: ''}})).of('refused')[0].message,
        /"execPath".+must be the path of a node binary/
    );
});
