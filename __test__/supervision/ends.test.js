'use strict';

// Every way in which a run can end, with the code of its error.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const {test} = require('node:test');
const {createManager, runEnd, runOnce, startUntil} = require('../support/runs');

const SPIN = () => {
    require('node:worker_threads').parentPort.postMessage('ready');
    for (;;);
};

test("'done' completes the run and ends its process, whatever else it would do", async (t) => {
    const host = createManager(t);
    const {summary, error, messages} = await runOnce(host, {
        name: 'job',
        job: () => {
            setInterval(() => {}, 1000);
            require('node:worker_threads').parentPort.postMessage('done');
        }
    });
    assert.equal(summary.cause, 'done');
    assert.equal(error, undefined);
    assert.deepEqual(messages, ['done']);
});

test('an exit with code 0 is a completion', async (t) => {
    const {summary, error} = await runOnce(createManager(t), {name: 'job', job: () => {}});
    assert.equal(summary.cause, 'exit');
    assert.equal(summary.exitCode, 0);
    assert.equal(error, undefined);
});

test('another exit code is JOB_EXIT_CODE', async (t) => {
    const {summary, error} = await runOnce(createManager(t), {name: 'job', job: () => process.exit(3)});
    assert.equal(summary.exitCode, 3);
    assert.equal(error.code, 'JOB_EXIT_CODE');
    assert.equal(error.exitCode, 3);
    assert.equal(error.jobName, 'job');
    assert.equal(error.message, 'Worker for job "job" exited with code 3');
});

test('what a job throws arrives with all its properties', async (t) => {
    const {summary, error} = await runOnce(createManager(t), {
        name: 'job',
        job: () => {
            throw Object.assign(new TypeError('no such thing', {cause: new Error('first')}), {
                code: 'NO_THING',
                detail: {id: 7}
            });
        }
    });
    assert.equal(summary.cause, 'error');
    assert.ok(error instanceof TypeError);
    assert.equal(error.message, 'no such thing');
    assert.equal(error.code, 'NO_THING');
    assert.equal(error.cause.message, 'first');
    assert.deepEqual(error.detail, {id: 7});
    assert.match(error.stack, /worker eval/);
});

test('an unhandled rejection fails the run', async (t) => {
    const {error} = await runOnce(createManager(t), {
        name: 'job',
        job: async () => {
            throw new RangeError('too far');
        }
    });
    assert.ok(error instanceof RangeError);
    assert.equal(error.message, 'too far');
});

for (const nothing of [undefined, null]) {
    test(`a job that throws ${nothing} has failed all the same`, async (t) => {
        const host = createManager(t);
        const completion = host.manager.awaitCompletion('job');
        const rejected = assert.rejects(completion, {message: `Job "job" threw ${nothing}`});
        const {summary, error} = await runOnce(host, {name: 'job', job: new Function(`throw ${nothing}`)});
        assert.equal(summary.cause, 'error');
        assert.equal(error.message, `Job "job" threw ${nothing}`);
        await rejected;
    });
}

for (const signal of ['SIGKILL', 'SIGTERM', 'SIGSEGV']) {
    test(`a job that ends by ${signal} is JOB_SIGNAL, and the host lives`, async (t) => {
        const job = `process.kill(process.pid, '${signal}'); setInterval(() => {}, 1000);`;
        const {summary, error} = await runOnce(createManager(t), {name: 'job', job: new Function(job)});
        assert.equal(summary.cause, 'signal');
        assert.equal(error.code, 'JOB_SIGNAL');
        assert.equal(error.signal, signal);
        assert.equal(error.message, `Worker for job "job" was terminated by signal ${signal}`);
    });
}

test('a run over its time limit is JOB_TIMEOUT', async (t) => {
    const {summary, error} = await runOnce(createManager(t), {
        name: 'job',
        job: SPIN,
        timeout: 100,
        gracePeriod: 50
    });
    assert.equal(summary.cause, 'timeout');
    assert.equal(error.code, 'JOB_TIMEOUT');
    assert.equal(error.timeoutMs, 100);
    assert.equal(error.message, 'Worker for job "job" was stopped: it exceeded its timeout of 100 ms');
});

test('a job may still clean up when its time is over', async (t) => {
    const {error, messages} = await runOnce(createManager(t), {
        name: 'job',
        timeout: 50,
        gracePeriod: 3_600_000,
        job: () => {
            const {parentPort} = require('node:worker_threads');
            parentPort.on('message', (message) => {
                parentPort.postMessage(`cleaned up after ${message}`);
                parentPort.postMessage('cancelled');
            });
        }
    });
    assert.equal(error.code, 'JOB_TIMEOUT');
    assert.deepEqual(messages, ['cleaned up after cancel', 'cancelled']);
});

test('a run over its memory limit is JOB_MEMORY_LIMIT', async (t) => {
    const {summary, error} = await runOnce(createManager(t), {
        name: 'job',
        memoryLimitMb: 150,
        job: () => {
            globalThis.kept = Buffer.alloc(300 * 1024 * 1024, 1);
            setInterval(() => {}, 1000);
        }
    });
    assert.equal(summary.cause, 'memory');
    assert.equal(error.code, 'JOB_MEMORY_LIMIT');
    assert.equal(error.memoryLimitBytes, 150 * 1024 * 1024);
    assert.ok(error.memoryBytes > error.memoryLimitBytes);
});

test('the memory of what a job starts counts', async (t) => {
    const {error} = await runOnce(createManager(t), {
        name: 'job',
        memoryLimitMb: 200,
        job: () => {
            const eat = 'const kept = Buffer.alloc(300 * 1024 * 1024, 1); setInterval(() => kept, 1000);';
            require('node:child_process').spawn(process.execPath, ['-e', eat]);
        }
    });
    assert.equal(error.code, 'JOB_MEMORY_LIMIT');
});

test('a removed run is JOB_CANCELLED for those who wait for it, and no error of the host', async (t) => {
    const {manager, errors} = createManager(t);
    await startUntil(manager, {name: 'job', job: SPIN, gracePeriod: 50});
    const rejected = assert.rejects(manager.awaitCompletion('job'), {code: 'JOB_CANCELLED'});
    await manager.removeJob('job');
    await rejected;
    assert.deepEqual(errors, []);
});

test('terminate() ends the run at once: JOB_TERMINATED', async (t) => {
    const {manager, errors} = createManager(t);
    const worker = await startUntil(manager, {name: 'job', job: SPIN});
    const ended = runEnd(manager, 'job');
    assert.equal(await worker.terminate(), 1);
    assert.equal((await ended).cause, 'terminated');
    assert.deepEqual(
        errors.map(({error}) => error.code),
        ['JOB_TERMINATED']
    );
    assert.equal(await worker.terminate(), 1, 'again, after the end');
});

test('the events of a worker come in their order, and the exit last', async (t) => {
    const {manager} = createManager(t);
    const seen = [];
    manager.bree.on('worker created', (name) => {
        seen.push('created');
        const worker = manager.bree.workers.get(name);
        worker.on('online', () => seen.push('online'));
        worker.on('message', (message) => seen.push(message));
        worker.on('error', (error) => seen.push(error.message));
        worker.on('exit', (exitCode) => seen.push(`exit ${exitCode}`));
    });
    manager.bree.on('worker deleted', () => seen.push('deleted'));
    const ended = once(manager.bree, 'run ended');
    await manager.addJob({
        name: 'job',
        job: () => {
            const {parentPort} = require('node:worker_threads');
            parentPort.postMessage('one');
            parentPort.postMessage('two');
            throw new Error('three');
        }
    });
    await ended;
    assert.deepEqual(seen, ['created', 'online', 'one', 'two', 'three', 'exit 1', 'deleted']);
});
