'use strict';

// What a process that is kept for a handler prints belongs to the run that goes in it.

const assert = require('node:assert/strict');
const path = require('node:path');
const {test} = require('node:test');
const {createManager} = require('../support/runs');

const job = path.join(__dirname, 'jobs', 'handler.js');

test('each run has what it has printed, however short it is', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'prints', job, output: 'capture', concurrency: 2, history: 1_000});
    const runs = await Promise.all(
        Array.from({length: 300}, (_, number) => manager.runJob('prints', {data: {number}}))
    );
    await Promise.all(runs.map((run) => run.result));
    // Each stream is read by itself: only what is of one stream has an order.
    const linesOf = ({id}, stream) => {
        const lines = manager.output(id, {lines: true}).lines.filter((line) => line.stream === stream);
        return lines.map(({text}) => text).filter((text) => text !== 'loaded');
    };
    assert.deepEqual(
        runs.map((run) => [linesOf(run, 'stdout'), linesOf(run, 'stderr')]),
        runs.map((_, number) => [[`begin ${number}`, `end ${number}`], [`error ${number}`]])
    );
});

test('what is printed while the module is loaded belongs to the run that waits for it', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'prints', job, output: 'capture', concurrency: 1});
    const first = await manager.runJob('prints', {data: {number: 1}});
    await first.result;
    const second = await manager.runJob('prints', {data: {number: 2}});
    await second.result;
    assert.match(manager.output(first.id).text, /^(error 1\n)?loaded\n/);
    assert.match(manager.output(second.id).text, /^(error 2\n)?begin 2\n/);
});

test('what is printed between two runs belongs to none of them, and is counted', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'prints', job, output: 'capture', concurrency: 1});
    const first = await manager.runJob('prints', {data: {number: 1, isLate: true}});
    const {pid} = await first.result;
    await new Promise((resolve) => {
        const timer = setInterval(() => {
            if (manager.stats().outputDroppedBytes > 0) {
                clearInterval(timer);
                resolve();
            }
        }, 5);
    });
    const second = await manager.runJob('prints', {data: {number: 2}});
    assert.equal((await second.result).pid, pid);
    assert.doesNotMatch(manager.output(first.id).text + manager.output(second.id).text, /late/);
    assert.equal(manager.stats().outputDroppedBytes, 'late\n'.length);
});

test('what a handler printed before its process died is kept with its run', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({name: 'prints', job, output: {stderr: 'capture', stdout: 'ignore'}});
    const run = await manager.runJob('prints', {data: {number: 1, dies: true}});
    await assert.rejects(run.result);
    assert.equal(manager.output(run.id).text, 'error 1\nlast words');
});

test('attempts of a handler are marked, whichever process they go in', async (t) => {
    const {manager} = createManager(t);
    await manager.defineJob({
        name: 'prints',
        job,
        output: {stdout: 'capture'},
        attempts: 2,
        backoff: 1,
        concurrency: 1
    });
    const run = await manager.runJob('prints', {data: {number: 1, fails: true}});
    await assert.rejects(run.result);
    assert.equal(manager.output(run.id).text, 'loaded\nbegin 1\n… attempt 2 …\nbegin 1\n');
});
