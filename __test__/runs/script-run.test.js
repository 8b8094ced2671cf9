'use strict';

// `run` of @tryghost/job-manager/job: in a script of this package, and where there is no such run.

const assert = require('node:assert/strict');
const {execFile} = require('node:child_process');
const {once} = require('node:events');
const path = require('node:path');
const {test} = require('node:test');
const {promisify} = require('node:util');
const {Worker} = require('node:worker_threads');
const {NODE_MAJORS, nodeBinary} = require('../support/nodes');
const {createManager, runOnce} = require('../support/runs');
const {failureOf, jobs} = require('./support');

const run = promisify(execFile);
const SCRIPT = jobs('script.js');
const PRINTS = /a line[^]*aborted: false, permanent: true/;

for (const major of NODE_MAJORS) {
    test(`the Run of a script gets what the script reports, on Node.js ${major}`, async () => {
        const {stdout} = await run(nodeBinary(major), [path.join(__dirname, 'hosts/script.js'), SCRIPT]);
        const told = JSON.parse(stdout.split('\n').find((line) => line.startsWith('{')));
        assert.deepEqual(told, {
            id: told.id,
            result: {id: told.id, name: 'script', attempt: 1, trigger: 'manual'},
            progress: [0.5, 1],
            log: ['a line']
        });
    });
}

test("a script's signal is aborted when it is asked to stop", async (t) => {
    const {manager} = createManager(t);
    await manager.addJob({name: 'script', job: jobs('heeds-signal.js'), at: new Date(Date.now() + 1e8)});
    const own = await manager.runJob('script');
    await new Promise((resolve) => own.on('progress', resolve));
    const askedMs = performance.now();
    assert.equal((await own.cancel()).state, 'cancelled');
    assert.ok(
        performance.now() - askedMs < 4_000,
        'it ended by itself, before the grace period of 5 s was over'
    );
    assert.equal((await failureOf(own)).error.code, 'JOB_CANCELLED');
});

test('awaitCompletion resolves with what a script gave to result()', async (t) => {
    const {manager} = createManager(t, {worker: {stdout: true}});
    manager.bree.on('worker created', (name) => manager.bree.workers.get(name).stdout.resume());
    const completion = manager.awaitCompletion('script');
    await manager.addJob({name: 'script', job: SCRIPT});
    const {id, ...result} = await completion;
    assert.match(id, /^[0-9a-f]{8}-\d+$/);
    assert.deepEqual(result, {name: 'script', attempt: 1, trigger: 'now'});
});

test('a script sees nothing of its run that it does not ask for', async (t) => {
    const host = createManager(t);
    const {messages} = await runOnce(host, {
        name: 'script',
        job: () => {
            const seen = Object.getOwnPropertySymbols(globalThis).filter((key) =>
                Object.prototype.propertyIsEnumerable.call(globalThis, key)
            );
            require('node:worker_threads').parentPort.postMessage(seen.map(String));
        }
    });
    assert.deepEqual(messages, [[]]);
});

test('under plain node the script prints its lines, and the rest does nothing', async () => {
    const {stdout} = await run(process.execPath, [SCRIPT]);
    assert.match(stdout, PRINTS);
});

test('in a thread the script prints its lines, and the rest does nothing', async () => {
    const thread = new Worker(SCRIPT, {stdout: true});
    let output = '';
    thread.stdout.setEncoding('utf8').on('data', (text) => {
        output += text;
    });
    assert.deepEqual(await once(thread, 'exit'), [0]);
    assert.match(output, PRINTS);
});

test('under the old package the script prints its lines, and the rest does nothing', async () => {
    const host = `
        const JobManager = require('upstream-job-manager');
        const manager = new JobManager({});
        manager.addJob({name: 'script', job: ${JSON.stringify(SCRIPT)}});
        manager.awaitCompletion('script').then(() => manager.shutdown()).then(() => process.exit(0));`;
    const {stdout} = await run(process.execPath, ['-e', host], {cwd: path.join(__dirname, '../..')});
    assert.match(stdout, PRINTS);
});
