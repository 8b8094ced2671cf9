'use strict';

const assert = require('node:assert/strict');
const {execFile} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const {promisify} = require('node:util');
const esbuild = require('esbuild');
const JobManager = require('../..');
const {NODE_MAJORS, nodeBinary} = require('../support/nodes');
const {temporaryFolder} = require('../support/temporary-folder');
const {programPath} = require('./support/programs');

const ROOT = path.resolve(__dirname, '../..');
/** Older ones need a compiler for `await using`. */
const FIRST_WITH_SYNTAX = 24;

/** The program in the JavaScript of Node.js 20. */
function compiledProgram(t) {
    const source = fs.readFileSync(programPath('disposes.mjs'), 'utf8');
    const file = path.join(temporaryFolder(t), 'disposes.mjs');
    fs.writeFileSync(file, esbuild.transformSync(source, {target: 'node20'}).code);
    return file;
}

for (const major of NODE_MAJORS) {
    const isNative = major >= FIRST_WITH_SYNTAX;
    test(`await using shuts down at the end of its block, ${isNative ? '' : 'compiled, '}on Node.js ${major}`, async (t) => {
        const program = isNative ? programPath('disposes.mjs') : compiledProgram(t);
        const {stdout} = await promisify(execFile)(await nodeBinary(major), [program, ROOT]);
        assert.deepEqual(stdout.split('\n'), [
            'the end of the block',
            'an inline job',
            'after the block',
            'caught the error of the block',
            ''
        ]);
    });
}

test('Symbol.asyncDispose resolves with nothing, also after shutdown()', async () => {
    const manager = new JobManager({logger: {}});
    await manager.shutdown();
    assert.equal(await manager[Symbol.asyncDispose](), undefined);
    await assert.rejects(manager.addJob({job: () => {}, offloaded: false}), {code: 'MANAGER_SHUT_DOWN'});
});

test('Symbol.asyncDispose rejects as the shutdown() of a subclass does', async () => {
    class Host extends JobManager {
        async shutdown() {
            throw new RangeError('not now');
        }
    }
    await assert.rejects(new Host({logger: {}})[Symbol.asyncDispose](), {
        name: 'RangeError',
        message: 'not now'
    });
});

test('Symbol.asyncDispose does not show among the properties of a manager', () => {
    const shown = [];
    for (const key in new JobManager({logger: {}})) {
        shown.push(key);
    }
    assert.ok(!shown.some((key) => key.includes('ispose') || key === 'undefined'));
    assert.equal(Object.getOwnPropertyDescriptor(JobManager.prototype, 'undefined'), undefined);
});
