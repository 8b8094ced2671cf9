'use strict';

// Runs many jobs of every kind, a few at a time, and looks at what is left afterwards:
//     node --expose-gc __test__/soak/soak.js [RUNS]
// Ends with code 1 when a run ended otherwise than it should, or when a process, a descriptor, a thread or memory
// stayed behind.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const {childrenOf} = require('../support/hosts');
const {eventually} = require('../support/processes');
const {kinds} = require('./kinds');
const JobManager = require('../..');

const RUNS = Number(process.argv[2] ?? 2000);
/** What the first runs load, compile and grow to once is no leak. */
const WARM_UP_RUNS = Math.min(200, RUNS / 2);
const AT_ONCE = 4;
const MB = 1024 * 1024;
/**
 * The heaps of V8 and of the C library keep what they have grown to, and where a run's memory ends up in them varies:
 * on an idle machine the difference is 0 to 10 MB. A leak of 16 KB for each of 2,000 runs is more than this.
 */
const MOST_GROWTH_BYTES = 30 * MB;

const failures = [];
const errors = new Map();
const manager = new JobManager({
    logger: {},
    errorHandler: (error, {name}) => errors.set(name, (errors.get(name) ?? 0) + 1)
});

/** Runs one job, does to it what its kind wants, and checks its end. */
async function runOne(index) {
    const [kind, {job, during, cause, isFailure = false, messages: expected = 0}] =
        kinds[index % kinds.length];
    const name = `${kind} ${index}`;
    let messages = 0;
    let bytes = 0;
    const onCreated = (created) => {
        if (created !== name) {
            return;
        }
        const worker = manager.bree.workers.get(name);
        worker.on('message', (message) => {
            messages += 1;
            during?.({message, worker, manager, name});
        });
        worker.stdout?.on('data', (chunk) => {
            bytes += chunk.length;
        });
    };
    manager.bree.on('worker created', onCreated);
    const ended = new Promise((resolve) => {
        const onEnded = (summary) => {
            if (summary.name === name) {
                manager.bree.off('run ended', onEnded);
                manager.bree.off('worker created', onCreated);
                resolve(summary);
            }
        };
        manager.bree.on('run ended', onEnded);
    });
    await manager.addJob({name, ...job});
    const summary = await ended;
    const reports = errors.get(name) ?? 0;
    errors.delete(name);
    if (cause !== 'cancelled') {
        await manager.removeJob(name);
    }
    if (summary.cause !== cause || reports !== Number(isFailure) || messages < expected) {
        failures.push({name, ...summary, reports, messages, bytes});
    }
}

async function runMany(first, count) {
    let next = first;
    const end = first + count;
    const runInTurn = async () => {
        while (next < end) {
            const index = next;
            next += 1;
            await runOne(index);
        }
    };
    await Promise.all(Array.from({length: AT_ONCE}, runInTurn));
}

const descriptors = () => fs.readdirSync('/proc/self/fd').length;
const threads = () => fs.readdirSync('/proc/self/task').length;

/** What is there when nothing runs. Only the guard of the processes may stay for a while. */
async function atRest() {
    await eventually('the end of every worker', () => childrenOf(process.pid).length <= 1);
    for (let round = 0; round < 3; round += 1) {
        globalThis.gc();
        await new Promise((resolve) => setImmediate(resolve));
    }
    return {memoryBytes: process.memoryUsage.rss(), descriptors: descriptors(), threads: threads()};
}

async function main() {
    await runMany(0, WARM_UP_RUNS);
    const before = await atRest();
    const startedMs = performance.now();
    await runMany(WARM_UP_RUNS, RUNS - WARM_UP_RUNS);
    const seconds = (performance.now() - startedMs) / 1000;
    const after = await atRest();
    const growthBytes = after.memoryBytes - before.memoryBytes;
    console.log(
        `${RUNS} runs, ${((RUNS - WARM_UP_RUNS) / seconds).toFixed(1)} a second; ` +
            `memory ${(growthBytes / MB).toFixed(1)} MB more than after the first ${WARM_UP_RUNS}, ` +
            `descriptors ${before.descriptors} → ${after.descriptors}, threads ${before.threads} → ${after.threads}`
    );
    assert.deepEqual(failures, []);
    assert.equal(after.descriptors, before.descriptors);
    // The pool for blocking calls grows when it is needed, and shrinks after 10 s.
    assert.ok(after.threads <= before.threads + AT_ONCE);
    assert.ok(growthBytes < MOST_GROWTH_BYTES);
    assert.deepEqual(manager.bree.config.jobs, []);
    assert.equal(manager.bree.workers.size, 0);
    await manager.shutdown();
}

main();
