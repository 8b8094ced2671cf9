'use strict';

// Messages about modules that are missing and data that cannot be cloned: what was found, and where.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const {createManager} = require('../inline/support');
const {startUntil} = require('../support/runs');
const {temporaryFolder} = require('../support/temporary-folder');

/** A folder with jobs in it. */
function folderOfJobs(t) {
    const folder = temporaryFolder(t);
    for (const file of ['typed.ts', 'report.js', 'folder/index.mjs', 'empty/.keep']) {
        fs.mkdirSync(path.dirname(path.join(folder, file)), {recursive: true});
        fs.writeFileSync(path.join(folder, file), '');
    }
    return folder;
}

for (const [file, ...parts] of [
    ['typed.js', 'There is no such file. There is "typed.ts"'],
    ['report', 'There is "report.js"'],
    ['reprot.js', 'There is "report.js"'],
    ['Report.js', 'There is "report.js"'],
    ['unlike-any.js', 'There is no such file'],
    ['folder', 'That is a folder; it has a file "index.mjs"'],
    ['empty', 'That is a folder'],
    ['nowhere/report.js', 'There is no folder']
]) {
    test(`what is at the path of a job is said: ${file}`, async (t) => {
        const {manager} = createManager(t);
        const folder = folderOfJobs(t);
        const job = path.join(folder, file);
        await assert.rejects(manager.addJob({name: 'job', job}), (error) => {
            assert.equal(error.code, 'JOB_PATH_MISSING');
            assert.doesNotMatch(error.message, /#1|relative to/);
            [job, 'Job "job"', ...parts].forEach((part) =>
                assert.ok(error.message.includes(part), error.message)
            );
            return true;
        });
    });
}

test('what a relative path of a job is relative to is said', async (t) => {
    const {manager} = createManager(t);
    const message = /path missing: .*missing\.js \("\.\/missing\.js", relative to the working directory\)/;
    await assert.rejects(manager.addJob({job: './missing.js'}), {message});
});

test('an inline module that is missing is described in the same way', async (t) => {
    const {manager} = createManager(t);
    const folder = folderOfJobs(t);
    const failed = assert.rejects(manager.awaitCompletion('inline'), (error) => {
        assert.equal(error.code, 'MODULE_NOT_FOUND');
        assert.match(
            error.message,
            /The module of an inline job was not found: .*typed\.js\. .*There is "typed\.ts"/
        );
        return true;
    });
    manager.addJob({name: 'inline', offloaded: false, job: path.join(folder, 'typed.js')});
    await failed;
});

const cycle = {inner: {}};
cycle.inner.outer = cycle;
cycle.inner.save = () => {};

for (const [what, job, place] of [
    ['data', {data: () => {}}, 'data'],
    ['a property of data', {data: {save() {}}}, 'data.save'],
    ['a part deep in data', {data: {items: [{}, {'a b': {save() {}}}]}}, 'data.items[1]["a b"].save'],
    ['a value of a Map', {data: new Map([['key', {save() {}}]])}, 'data.get("key").save'],
    ['a member of a Set', {data: {set: new Set([1, Symbol('one')])}}, 'data.set.values()[1]'],
    ['a part of a cycle', {data: cycle}, 'data.inner.save'],
    ['what no other process can hold', {data: {memory: [new SharedArrayBuffer(1)]}}, 'data.memory[0]'],
    ['workerData', {worker: {workerData: {save() {}}}}, 'worker.workerData.save']
]) {
    test(`a DataCloneError names the job and the place: ${what}`, async (t) => {
        const {manager} = createManager(t);
        await assert.rejects(manager.addJob({name: 'report', job() {}, ...job}), (error) => {
            assert.equal(error.name, 'DataCloneError');
            assert.equal(error.code, 25);
            assert.ok(error.message.startsWith(`Job "report": ${place} cannot be sent`), error.message);
            return true;
        });
    });
}

test('a DataCloneError about a message names the job and the place', async (t) => {
    const {manager} = createManager(t);
    const listens = () => {
        const {parentPort} = require('node:worker_threads');
        parentPort.on('message', () => parentPort.postMessage('cancelled'));
        parentPort.postMessage('ready');
    };
    const worker = await startUntil(manager, {name: 'report', job: listens});
    assert.throws(() => worker.postMessage({save() {}}), {
        name: 'DataCloneError',
        message: /^A message to job "report": message\.save cannot be sent/
    });
});
