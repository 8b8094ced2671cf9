'use strict';

// Options about output: what is refused, and in which words.

const assert = require('node:assert/strict');
const path = require('node:path');
const {test} = require('node:test');
const JobManager = require('../..');
const {createManager} = require('../support/runs');

const NEVER = '0 0 3 1 1 *';
const handler = path.join(__dirname, 'jobs', 'handler.js');

const refusal = (...parts) => ({
    code: 'INVALID_OPTION',
    message: new RegExp(parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*'), 's')
});
const USES = "'inherit', 'capture', 'both' or 'ignore'";

for (const [options, ...parts] of [
    [{output: 'file'}, '"output" of job "job"', USES, 'got the string "file"'],
    [{output: true}, '"output" of job "job"', 'or an object such as', 'got true'],
    [{output: ['capture']}, '"output" of job "job"', 'got an array'],
    [{output: {stdout: 'pipe'}}, '"stdout" in "output" of job "job"', USES, 'got the string "pipe"'],
    [{output: {stderr: null}}, '"stderr" in "output" of job "job"', 'got null'],
    [
        {outputLimit: -1},
        '"outputLimit" of job "job"',
        'a whole number from 0 to 16,777,216 (bytes), got the number -1'
    ],
    [{outputLimit: 2 ** 24 + 1}, '16,777,216'],
    [{outputLimit: '64k'}, 'got the string "64k"'],
    [{outputLimit: 0.5}, 'got the number 0.5'],
    [
        {output: 'capture', worker: {stdout: true}},
        '"output" of job "job" (stdout: \'capture\') is not possible beside "worker.stdout"',
        'output(id)'
    ],
    [{output: {stderr: 'both'}, worker: {stderr: true}}, "(stderr: 'both')", '"worker.stderr"'],
    [{output: 'ignore', worker: {stderr: true}}, "(stderr: 'ignore')"],
    [{offloaded: false, output: 'capture'}, '"output" of job "job" is only for offloaded jobs', 'run.log']
]) {
    test(`a job with ${JSON.stringify(options)} is refused in words`, async (t) => {
        const {manager} = createManager(t);
        const job = {name: 'job', at: NEVER, job: () => {}, ...options};
        await assert.rejects(manager.addJob(job), refusal(...parts));
        assert.deepEqual(manager.jobs(), []);
    });
}

test('a handler with an option that it cannot have is refused in words', async (t) => {
    const {manager} = createManager(t);
    const define = (options) => manager.defineJob({name: 'job', job: handler, ...options});
    await assert.rejects(define({output: 'file'}), refusal('"output" of job "job"', USES));
    await assert.rejects(
        define({worker: {stdout: true}}),
        refusal('"worker.stdout" of job "job" is for scripts', 'Use "output" instead')
    );
    await assert.rejects(
        define({job: () => {}, output: 'capture'}),
        refusal('"output" of job "job" is for offloaded jobs')
    );
});

for (const [options, ...parts] of [
    [
        {outputBudget: -1},
        '"outputBudget" of new JobManager()',
        'from 0 to 1,073,741,824 (bytes)',
        'got the number -1'
    ],
    [{outputBudget: '16 MB'}, 'got the string "16 MB"'],
    [{job: {output: 'pipe'}}, '"output" in "job" of the manager', USES],
    [{job: {output: {stdout: 5}}}, '"stdout" in "output" of the manager', 'got the number 5'],
    [{job: {outputLimit: Infinity}}, '"outputLimit" in "job" of the manager', 'got the number Infinity']
]) {
    test(`a manager with ${JSON.stringify(options)} is refused in words`, () => {
        assert.throws(() => new JobManager(options), refusal(...parts));
    });
}

for (const [options, ...parts] of [
    [5, 'output() takes an object such as {from: 1024}, got the number 5'],
    [{from: -1}, '"from" of output()', 'a whole number from 0 to', 'got the number -1'],
    [{from: '7'}, 'got the string "7"'],
    [{lines: 1}, '"lines" of output()', 'true or false']
]) {
    test(`output(id, ${JSON.stringify(options)}) is refused in words`, (t) => {
        const {manager} = createManager(t);
        assert.throws(() => manager.output('a-1', options), refusal(...parts));
    });
}

test('"output" given to the manager itself is warned about', (t) => {
    const {logs} = createManager(t, {output: 'capture', outputLimit: 5});
    const warnings = logs.filter(({level}) => level === 'warn').map(({text}) => text);
    assert.equal(warnings.length, 2);
    assert.ok(warnings.every((text) => text.includes('as "job: {…}", for all jobs')));
});

test('a default of the manager holds for offloaded jobs, and a job may differ', async (t) => {
    const {manager} = createManager(t, {job: {output: 'capture', outputLimit: 100}});
    const shown = async (options) => {
        await manager.addJob({name: 'job', at: NEVER, job: () => {}, ...options});
        const {output, outputLimit} = manager.job('job').options;
        await manager.removeJob('job');
        return [output, outputLimit];
    };
    assert.deepEqual(await shown({}), ['capture', 100]);
    assert.deepEqual(await shown({output: {stderr: 'both'}, outputLimit: 0}), [{stderr: 'both'}, 0]);
    assert.deepEqual(await shown({offloaded: false}), [undefined, 100]);
    // Whoever reads a stream by itself says so.
    await assert.rejects(shown({worker: {stdout: true}}), refusal("(stdout: 'capture')"));
    assert.deepEqual(await shown({worker: {stdout: true}, output: {stdout: 'inherit'}}), [
        {stdout: 'inherit'},
        100
    ]);
});
