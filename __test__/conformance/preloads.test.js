'use strict';

/** What modules see that are loaded before the job: by --require, --import, and NODE_OPTIONS. */

const assert = require('node:assert/strict');
const path = require('node:path');
const {suite, test} = require('node:test');
const {ORIGINAL_OPTIONS} = require('../../lib/wire/boot.js');
const {ToHost} = require('../../lib/wire/frames.js');
const {BOOTSTRAP, WorkerProcess, decodeFrame} = require('../support/worker-harness.js');
const {fixture} = require('./probes.js');

const preload = (name) => fixture(path.join('preloads', name));
const job = () => {
    const {parentPort, threadId, workerData} = require('node:worker_threads');
    parentPort.postMessage({
        threadId,
        workerData,
        execArgv: process.execArgv,
        options: process.env.NODE_OPTIONS,
        others: [
            ...Object.keys(process.env).filter((name) => name.startsWith('NODE_OPTIONS_')),
            ...Object.getOwnPropertySymbols(process).filter(({description}) =>
                /job-manager/.test(description)
            )
        ]
    });
};

/** The ways in which a process is given modules to load first, and what the job and they see of them. */
const flags = ['--require', preload('describes.cjs'), '--import', preload('describes.mjs')];
const options = `--require "${preload('describes.cjs')}" --import ${preload('describes.mjs')}`;
const own = ['--require', BOOTSTRAP];
const withOptions = (boot, shown) => ({
    env: {...process.env, NODE_OPTIONS: boot, [ORIGINAL_OPTIONS]: shown},
    shown: {execArgv: [], options: shown}
});
const WAYS = {
    'as flags': {execArgv: [...own, ...flags], env: process.env, shown: {execArgv: flags}},
    'in NODE_OPTIONS': {execArgv: [], ...withOptions(`--require "${BOOTSTRAP}" ${options}`, options)},
    'in both': {
        ...withOptions(`--require "${BOOTSTRAP}" --no-warnings ${options}`, `--no-warnings ${options}`),
        execArgv: [...own, '--require', preload('tracks-errors.cjs')],
        get shown() {
            return {execArgv: this.execArgv.slice(2), options: `--no-warnings ${options}`};
        }
    }
};

function start(t, {cold, execArgv, env}, target, messages) {
    const worker = new WorkerProcess({cold, execArgv, env});
    worker.on('frame', (kind, payload) => {
        if (kind !== ToHost.READY) {
            messages.push(decodeFrame(kind, payload));
        }
    });
    t.after(() => worker.kill());
    worker.start({threadId: 7}, {name: 'probe', kind: 'source', target, workerData: {job: {name: 'probe'}}});
    return worker.ended;
}

for (const cold of [true, false]) {
    suite(`preloads of a ${cold ? 'cold start' : 'spare'}`, () => {
        for (const [way, {shown, ...options}] of Object.entries(WAYS)) {
            test(`${way} see a Worker, and what they see is natural`, async (t) => {
                const messages = [];
                const {code, stdout, stderr} = await start(t, {cold, ...options}, `(${job})()`, messages);
                assert.deepEqual({code, stderr}, {code: 0, stderr: ''});
                const [required, imported] = stdout
                    .trim()
                    .split('\n')
                    .map((line) => JSON.parse(line));
                assert.deepEqual(required, {
                    isMainThread: false,
                    parentPort: 'MessagePort',
                    hasThreadId: true,
                    workerData: cold ? {job: {name: 'probe'}} : null,
                    argv: cold ? ['[worker eval]'] : [],
                    cached: [],
                    ...shown
                });
                assert.deepEqual(imported, {isMainThread: false, parentPort: 'MessagePort'});
                assert.deepEqual(messages.at(-1).value, {
                    threadId: 7,
                    workerData: {job: {name: 'probe'}},
                    others: [],
                    options: undefined,
                    ...shown
                });
            });
        }

        test('that track the errors of main programs leave those of the job alone', async (t) => {
            const messages = [];
            const execArgv = [...own, '--require', preload('tracks-errors.cjs')];
            const target = `throw Object.assign(new Error('the job failed'), {code: 'E_JOB'})`;
            const {stderr} = await start(t, {cold, execArgv, env: process.env}, target, messages);
            assert.equal(stderr, '');
            assert.deepEqual(
                messages.map(({type, value}) => [type, value?.code]),
                [
                    ['online', undefined],
                    ['error', 'E_JOB']
                ]
            );
        });

        for (const [flag, file] of [
            ['--require', 'throws.cjs'],
            ['--import', 'throws.mjs']
        ]) {
            test(`that throw give their error, ${flag}`, async (t) => {
                const messages = [];
                const execArgv = [...own, flag, preload(file)];
                const {code, stderr} = await start(t, {cold, execArgv, env: process.env}, '0', messages);
                assert.deepEqual({code, stderr}, {code: 1, stderr: ''});
                assert.equal(messages.length, 1);
                const [{type, value}] = messages;
                assert.deepEqual([type, value.name, value.code], ['error', 'TypeError', 'E_PRELOAD']);
                assert.match(value.stack, new RegExp(file.replace('.', '\\.')));
            });
        }
    });
}

test('a Worker that the job starts has preloads, and is one of its own', async (t) => {
    const messages = [];
    const execArgv = [...own, '--require', preload('tracks-errors.cjs')];
    const target = `
        const {Worker, parentPort} = require('node:worker_threads');
        new Worker('const w = require("node:worker_threads"); w.parentPort.postMessage([w.isMainThread, w.threadId])', {eval: true})
            .on('message', (message) => parentPort.postMessage(message));`;
    await start(t, {cold: true, execArgv, env: process.env}, target, messages);
    assert.deepEqual(messages.at(-1).value, [false, 1]);
});
