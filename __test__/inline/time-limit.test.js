'use strict';

// `timeout` of inline jobs.

const assert = require('node:assert/strict');
const path = require('node:path');
const {test} = require('node:test');
const {createManager, deferred, heldJobs} = require('./support');

const never = () => new Promise(() => {});

test('an inline job that does not end in time fails with JOB_TIMEOUT, and frees its place', async (t) => {
    const {manager, errors} = createManager(t, {inlineConcurrency: 1});
    const jobs = heldJobs();
    manager.addJob({name: 'stuck', offloaded: false, timeout: 10, job: never});
    manager.addJob({offloaded: false, job: jobs.job('next')});
    const settled = assert.rejects(manager.allSettled(), {code: 'JOB_TIMEOUT'});
    await assert.rejects(manager.awaitCompletion('stuck'), {
        name: 'JobError',
        code: 'JOB_TIMEOUT',
        jobName: 'stuck',
        timeoutMs: 10,
        message:
            'Inline job "stuck" did not end within its timeout of 10 ms. Its function keeps running, and its result is ignored'
    });
    await jobs.hasBegun('next');
    jobs.end('next');
    await settled;
    assert.deepEqual(
        errors.map(({errorType, context}) => [errorType, context]),
        [['UnhandledJobError', 'function']]
    );
});

for (const [how, end] of [
    ['resolves', (gate) => gate.resolve('late')],
    ['rejects', (gate) => gate.reject(new Error('late'))]
]) {
    test(`a job that ${how} after its timeout has failed once`, async (t) => {
        const {manager, errors} = createManager(t);
        const gate = deferred();
        const handled = [];
        const inlineJobHandler = manager.inlineJobHandler.bind(manager);
        manager.inlineJobHandler = (name) => (error, result) => {
            handled.push([name, error?.code, result]);
            return inlineJobHandler(name)(error, result);
        };
        const failed = assert.rejects(manager.awaitCompletion('late'), {code: 'JOB_TIMEOUT'});
        manager.addJob({name: 'late', offloaded: false, timeout: 5, job: () => gate.promise});
        await failed;
        const unhandled = [];
        const note = (error) => unhandled.push(error);
        process.on('unhandledRejection', note);
        t.after(() => process.off('unhandledRejection', note));
        end(gate);
        await new Promise(setImmediate);
        await manager.allSettled();
        assert.deepEqual([handled, errors.length, unhandled], [[['late', 'JOB_TIMEOUT', undefined]], 1, []]);
    });
}

test('a job that ends in time has its result, and its timer is cleared', async (t) => {
    const {manager} = createManager(t);
    const handled = deferred();
    manager.inlineJobHandler = () => async (error, result) => handled.resolve([error, result]);
    manager.addJob({offloaded: false, timeout: 3_600_000, data: 2, job: async (data) => data * 2});
    assert.deepEqual(await handled.promise, [undefined, 4]);
    assert.ok(!process.getActiveResourcesInfo().includes('Timeout'));
});

test('a job that throws before its timeout fails with its own error', async (t) => {
    const {manager} = createManager(t);
    manager.addJob({
        offloaded: false,
        timeout: 3_600_000,
        job() {
            throw new RangeError('own');
        }
    });
    await assert.rejects(manager.allSettled(), {message: 'own'});
});

test('the timeout of a scheduled inline job ends its run, and the next one may begin', async (t) => {
    const {manager} = createManager(t);
    let begun = 0;
    const job = () => {
        begun += 1;
        return never();
    };
    await manager.addJob({name: 'often', at: 'every 1 hour', offloaded: false, timeout: 5, job});
    for (const count of [1, 2]) {
        const failed = assert.rejects(manager.awaitCompletion('often'), {code: 'JOB_TIMEOUT'});
        await manager.bree.run('often');
        await failed;
        await manager.allSettled();
        assert.equal(begun, count);
    }
});

test('the time that a module takes to load counts as well', async (t) => {
    const {manager, errors} = createManager(t);
    const job = path.join(__dirname, 'modules', 'never-loads.mjs');
    manager.addJob({name: 'module', offloaded: false, timeout: 5, job});
    await assert.rejects(manager.allSettled(), {code: 'JOB_TIMEOUT'});
    assert.equal(errors[0].context, job);
});

test('a one-off that did not end in time is failed, and can be added again', async (t) => {
    const rows = new Map();
    const JobModel = {
        add: async ({name, status}) =>
            void rows.set(name, {id: name, status, get: (column) => rows.get(name)[column]}),
        findOne: async ({name}) => rows.get(name) ?? null,
        edit: async (data, {id}) => void Object.assign(rows.get(id), data)
    };
    const {manager} = createManager(t, {JobModel});
    await manager.addOneOffJob({name: 'once', offloaded: false, timeout: 5, job: never});
    assert.equal((await manager.awaitOneOffCompletion('once')).status, 'failed');
    await manager.addOneOffJob({name: 'once', offloaded: false, timeout: 3_600_000, job: async () => {}});
    assert.equal((await manager.awaitOneOffCompletion('once')).status, 'finished');
});

test('memoryLimitMb on an inline job is refused', async (t) => {
    const {manager} = createManager(t);
    for (const at of [undefined, 'every 1 hour']) {
        await assert.rejects(
            manager.addJob({name: 'job', offloaded: false, memoryLimitMb: 100, at, job: never}),
            {
                code: 'INVALID_OPTION',
                message: /"memoryLimitMb" of job "job" is only for offloaded jobs/
            }
        );
    }
});
