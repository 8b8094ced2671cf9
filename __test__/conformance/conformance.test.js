'use strict';

/** Each probe job observes, and shows its host, the same in a real Worker and in a worker process. */

const assert = require('node:assert/strict');
const {inspect} = require('node:util');
const {suite, test} = require('node:test');
const {describe} = require('./describe.js');
const {probes} = require('./probes.js');
const {STARTS, runInProcess} = require('./run-in-process.js');
const {runInWorker} = require('./run-in-worker.js');

/** A probe that takes longer never ends, in ms. */
const HANG_MS = 60_000;

/** Everything a run showed, as text to look for marks in. */
function textOf({messages, stdout, stderr}) {
    return (
        inspect(messages, {depth: Infinity, maxStringLength: Infinity, maxArrayLength: Infinity}) +
        stdout +
        stderr
    );
}

suite('a job in a worker process is as in a Worker', {concurrency: 2}, () => {
    for (const {title, job, marks = [], fails = false, ...options} of probes) {
        test(title, {timeout: HANG_MS}, async () => {
            const expected = describe(await runInWorker(job, options));
            assert.equal(expected.errors.length > 0, fails, inspect(expected.errors));
            for (const mark of marks) {
                assert.ok(textOf(expected).includes(mark), `the probe shows ${mark}`);
            }
            for (const start of STARTS) {
                assert.deepEqual(describe(await runInProcess(job, {...options, start})), expected, start);
            }
        });
    }
});
