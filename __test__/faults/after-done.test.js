'use strict';

// What a job does after it has posted 'done', in the rest of that turn of its event loop.

const assert = require('node:assert/strict');
const {spawn} = require('node:child_process');
const {once} = require('node:events');
const {test} = require('node:test');
const {createManager, runOnce} = require('../support/runs');
const {ROOT} = require('../support/scripts');

test("an error after 'done' is logged, and the run stays a completion", async (t) => {
    const host = createManager(t);
    const completed = host.manager.awaitCompletion('late');
    const {summary, error} = await runOnce(host, {
        name: 'late',
        job: () => {
            require('node:worker_threads').parentPort.postMessage('done');
            throw new Error('too late');
        }
    });
    await completed;
    assert.equal(summary.cause, 'done');
    assert.equal(error, undefined);
    const logged = host.logs.filter(({level}) => level === 'error').map(({text}) => text);
    assert.equal(logged.length, 1);
    assert.match(
        logged[0],
        /^Job "late" threw after it had posted 'done', so the run counts as completed: Error: too late/
    );
});

const OUTPUT_BYTES = 3 * 1024 * 1024;

/** A host whose job posts 'done' and prints after that. */
function startPrinting(t) {
    const job = () => {
        require('node:worker_threads').parentPort.postMessage('done');
        process.stdout.write('x'.repeat(3 * 1024 * 1024 - 5));
        process.stdout.write('LAST\n');
    };
    const script = `
        const JobManager = require(${JSON.stringify(ROOT)});
        const manager = new JobManager({logger: {}, workerMessageHandler: () => process.stderr.write('done')});
        manager.addJob({name: 'prints', job: ${job}});`;
    const child = spawn(process.execPath, ['-e', script], {stdio: ['ignore', 'pipe', 'pipe']});
    t.after(() => child.kill('SIGKILL'));
    return child;
}

test("output after 'done' arrives whole, though its reader is slow", async (t) => {
    const child = startPrinting(t);
    await once(child.stderr, 'data');
    let bytes = 0;
    let last = '';
    child.stdout.on('data', (chunk) => {
        bytes += chunk.length;
        last = chunk.toString('latin1').slice(-5);
        if (bytes < OUTPUT_BYTES / 2) {
            // Longer than a process that has nothing to write may take to leave.
            child.stdout.pause();
            setTimeout(() => child.stdout.resume(), bytes < 100_000 ? 1_500 : 5);
        }
    });
    await once(child, 'close');
    assert.deepEqual([bytes, last], [OUTPUT_BYTES, 'LAST\n']);
});
