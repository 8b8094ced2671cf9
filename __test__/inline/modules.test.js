'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const {test} = require('node:test');
const {pathToFileURL} = require('node:url');
const {createManager} = require('./support');

const MODULES = path.join(__dirname, 'modules');
const at = (file) => path.join(MODULES, file);

for (const file of [
    'common.js',
    'common.cjs',
    'module.mjs',
    'waits.mjs',
    'transpiled.js',
    'esm/module.js',
    'esm/waits.js'
]) {
    test(`the default export of ${file} is called with the data`, async (t) => {
        const {manager, errors} = createManager(t);
        const data = [];
        await manager.addJob({offloaded: false, job: at(file), data});
        await manager.allSettled();
        assert.deepEqual(errors, []);
        assert.deepEqual(data, [file]);
    });
}

test('a path counts from the working directory, with and without its extension', async (t) => {
    const {manager, errors} = createManager(t);
    const before = process.cwd();
    process.chdir(MODULES);
    t.after(() => process.chdir(before));
    const data = [];
    for (const job of ['./common.js', 'common.js', './common', 'esm/module.js', './module.mjs']) {
        manager.addJob({offloaded: false, job, data});
    }
    await manager.allSettled();
    assert.deepEqual(errors, []);
    assert.deepEqual(data.toSorted(), ['common.js', 'common.js', 'common.js', 'esm/module.js', 'module.mjs']);
});

test('a file: URL is a path too', async (t) => {
    const {manager} = createManager(t);
    const data = [];
    manager.addJob({offloaded: false, job: pathToFileURL(at('common.js')), data});
    manager.addJob({offloaded: false, job: pathToFileURL(at('module.mjs')).href, data});
    await manager.allSettled();
    assert.deepEqual(data.toSorted(), ['common.js', 'module.mjs']);
});

for (const [title, file, expected] of [
    ['that is missing', 'missing.js', {code: 'MODULE_NOT_FOUND'}],
    ['that exports no function', 'exports-nothing.js', {name: 'TypeError'}],
    ['that throws while it is loaded', 'throws-on-load.js', {name: 'RangeError'}],
    ['whose function throws', 'throws.js', {name: 'RangeError'}]
]) {
    test(`a module ${title} is logged with its path, and the queue goes on`, async (t) => {
        const {manager, errors} = createManager(t);
        const data = [];
        manager.addJob({offloaded: false, job: at(file), data});
        manager.addJob({offloaded: false, job: at('common.js'), data});
        await assert.rejects(manager.allSettled(), expected);
        assert.deepEqual(
            errors.map(({errorType, context}) => [errorType, context]),
            [['UnhandledJobError', at(file)]]
        );
        assert.deepEqual(data, ['common.js']);
    });
}
