'use strict';

// shutdown() and removeJob() while jobs run, wait, or boot.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const path = require('node:path');
const {test} = require('node:test');
const {eventually, markedEnvironment} = require('../support/processes');
const {createManager, runEnd, startUntil} = require('../support/runs');

const NEVER_MS = 3_600_000;
const jobFile = (name) => path.join(__dirname, 'jobs', `${name}.js`);

/** A job that posts 'cancelled' when it gets 'cancel'. */
const HONOURS = () => {
    const {parentPort} = require('node:worker_threads');
    parentPort.on('message', () => parentPort.postMessage('cancelled'));
    parentPort.postMessage('ready');
};

test('a shutdown asks every job, and is over when all have ended', async (t) => {
    const {manager, errors} = createManager(t);
    const {env, pids} = markedEnvironment();
    const ends = [];
    manager.bree.on('run ended', ({name, cause}) => ends.push(`${name} ${cause}`));
    for (const name of ['first', 'second']) {
        await startUntil(manager, {name, job: HONOURS, gracePeriod: NEVER_MS, worker: {env}});
    }
    await manager.shutdown();
    assert.deepEqual(ends.toSorted(), ['first cancelled', 'second cancelled']);
    assert.equal(pids().length, 0);
    assert.equal(manager.bree.workers.size, 0);
    assert.deepEqual(errors, []);
});

test('a shutdown ends in time with jobs that spin, block and ignore', async (t) => {
    const {manager} = createManager(t);
    const {env, pids} = markedEnvironment();
    for (const name of ['spins', 'blocks', 'ignores', 'starts-children']) {
        await startUntil(manager, {name, job: jobFile(name), gracePeriod: 50, worker: {env}});
    }
    // No TimeoutError: the ladder was climbed before that.
    await manager.shutdown();
    await eventually('the end of every process', () => pids().length === 0);
});

test('a shutdown that runs out of time has killed what was left when it rejects', async (t) => {
    const {manager} = createManager(t);
    const {env, pids} = markedEnvironment();
    await startUntil(manager, {name: 'job', job: jobFile('ignores'), gracePeriod: NEVER_MS, worker: {env}});
    const ended = runEnd(manager, 'job');
    await assert.rejects(manager.shutdown({timeout: 100}), {
        name: 'TimeoutError',
        code: 'SHUTDOWN_TIMEOUT',
        message: 'Workers were still running after 100 ms and were killed'
    });
    assert.equal(pids().length, 0);
    assert.equal((await ended).cause, 'cancelled');
});

test('two shutdowns at once are both told', async (t) => {
    const {manager} = createManager(t);
    await startUntil(manager, {name: 'job', job: jobFile('spins'), gracePeriod: 50});
    await Promise.all([manager.shutdown(), manager.shutdown()]);
    await manager.shutdown();
});

test('a shutdown ends jobs that wait for a process, and nothing new starts', async (t) => {
    const {manager, errors} = createManager(t, {maxWorkers: 1});
    // A job that ends only when it is told to, so that the shutdown is still going on until then.
    const lingers = () => {
        const {parentPort} = require('node:worker_threads');
        parentPort.on('message', (message) => message === 'go' && parentPort.postMessage('cancelled'));
        parentPort.postMessage('ready');
    };
    const running = await startUntil(manager, {name: 'running', job: lingers, gracePeriod: NEVER_MS});
    await manager.addJob({name: 'waiting', job: HONOURS});
    await manager.addJob({name: 'later', job: HONOURS, at: 'every 1 second'});
    const ends = [];
    const created = [];
    manager.bree.on('run ended', ({name, cause}) => ends.push(`${name} ${cause}`));
    manager.bree.on('worker created', (name) => created.push(name));
    const shutdown = manager.shutdown();
    await assert.rejects(manager.addJob({name: 'new', job: HONOURS}), {code: 'MANAGER_SHUTTING_DOWN'});
    running.postMessage('go');
    await shutdown;
    assert.deepEqual(ends.toSorted(), ['running cancelled', 'waiting cancelled']);
    assert.deepEqual(created, []);
    assert.deepEqual(errors, []);
});

test('a job that is still booting is cancelled without having begun', async (t) => {
    const {manager} = createManager(t);
    const {env, pids} = markedEnvironment();
    const worker = {env};
    const ended = runEnd(manager, 'job');
    const created = once(manager.bree, 'worker created');
    await manager.addJob({name: 'job', job: HONOURS, gracePeriod: NEVER_MS, worker});
    await created;
    const seen = [];
    manager.bree.workers.get('job').on('online', () => seen.push('online'));
    await manager.removeJob('job');
    assert.equal((await ended).cause, 'cancelled');
    assert.deepEqual(seen, []);
    assert.equal(pids().length, 0);
});

test('a shutdown lets spares go', async (t) => {
    const {manager} = createManager(t, {warmWorkers: 2, worker: {env: {}}});
    const {env, pids} = markedEnvironment();
    Object.assign(process.env, env);
    t.after(() => Object.keys(env).forEach((name) => delete process.env[name]));
    const at = new Date(Date.now() + NEVER_MS);
    await manager.addJob({name: 'job', job: HONOURS, at});
    await eventually('two spares', () => pids().length === 2);
    await manager.shutdown();
    assert.equal(pids().length, 0);
});

test('a manager that has been shut down takes no jobs, and a schedule never fires again', async (t) => {
    const {manager} = createManager(t);
    const job = () => {};
    await manager.addJob({name: 'often', job, at: 'every 1 second'});
    const created = [];
    manager.bree.on('worker created', (name) => created.push(name));
    await manager.shutdown();
    for (const refused of [
        manager.addJob({name: 'new', job}),
        manager.addJob({name: 'new', job, at: 'every 1 second'}),
        manager.bree.start('often'),
        manager.bree.run('often')
    ]) {
        await assert.rejects(refused, {code: 'MANAGER_SHUT_DOWN'});
    }
    // A run of another manager's schedule shows that time has passed.
    const other = createManager(t).manager;
    const fired = once(other.bree, 'worker created');
    await other.addJob({name: 'other', job, at: 'every 1 second'});
    await fired;
    assert.deepEqual(created, []);
});

test('a shutdown without a time limit waits for the last job', async (t) => {
    const {manager} = createManager(t);
    const lingers = () => {
        const {parentPort} = require('node:worker_threads');
        parentPort.on('message', (message) => {
            parentPort.postMessage(message === 'go' ? 'cancelled' : 'asked');
        });
        parentPort.postMessage('ready');
    };
    const worker = await startUntil(manager, {name: 'job', job: lingers, gracePeriod: NEVER_MS});
    worker.on('message', (message) => message === 'asked' && worker.postMessage('go'));
    assert.equal(await manager.shutdown({timeout: Infinity}), undefined);
});

test('a removed job can be added again at once, while its last run still ends', async (t) => {
    const {manager} = createManager(t);
    const {env, pids} = markedEnvironment();
    await startUntil(manager, {name: 'job', job: jobFile('spins'), gracePeriod: 50, worker: {env}});
    const removed = manager.removeJob('job');
    const causes = [];
    const bothEnded = new Promise((resolve) => {
        manager.bree.on('run ended', ({cause}) => causes.push(cause) === 2 && resolve());
    });
    await manager.addJob({name: 'job', job: () => {}});
    await removed;
    await bothEnded;
    assert.deepEqual(causes.toSorted(), ['cancelled', 'exit']);
    assert.deepEqual(
        manager.bree.config.jobs.map(({name}) => name),
        ['job']
    );
    await manager.removeJob('job');
    assert.deepEqual(manager.bree.config.jobs, []);
    await assert.rejects(manager.removeJob('job'), {
        message: 'Job "job" does not exist',
        code: 'JOB_UNKNOWN'
    });
    assert.equal(pids().length, 0);
});
