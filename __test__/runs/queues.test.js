'use strict';

// Queues that jobs of any kind share, priorities of jobs, and the niceness of their processes.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const os = require('node:os');
const {suite, test} = require('node:test');
const {eventually} = require('../support/processes');
const {createManager} = require('../support/runs');

/** A job in a process that ends when it is sent a message. */
const waits = () => {
    const {parentPort} = require('node:worker_threads');
    parentPort.once('message', () => process.exit(0));
    parentPort.postMessage('waits');
};

/** The names of jobs in the order in which their runs start. */
function startsOf(manager) {
    const names = [];
    manager.events.on('run started', ({run}) => names.push(run.job));
    return names;
}

function gate() {
    const opened = {};
    opened.promise = new Promise((resolve) => {
        opened.open = resolve;
    });
    return opened;
}

suite('a queue', () => {
    test('lets jobs of any kind wait for each other, and no others', async (t) => {
        const {manager} = createManager(t, {queues: {mail: {concurrency: 1}}});
        const {promise, open} = gate();
        const names = startsOf(manager);
        const ended = once(manager.bree, 'run ended');
        await manager.addJob({name: 'inline', offloaded: false, queue: 'mail', job: () => promise});
        await manager.addJob({name: 'script', queue: 'mail', job: () => {}});
        await manager.addJob({name: 'beside', job: () => {}});
        const [summary] = await ended;
        assert.equal(summary.name, 'beside');
        assert.equal(manager.job('script').waiting, 1);
        const script = manager.awaitCompletion('script');
        open();
        await script;
        assert.deepEqual(names, ['inline', 'beside', 'script']);
        assert.equal(manager.job('script').options.queue, 'mail');
    });

    test('is shared by handlers and scripts', async (t) => {
        const {manager} = createManager(t, {queues: {mail: {concurrency: 1}}});
        const {promise, open} = gate();
        await manager.defineJob({name: 'handler', queue: 'mail', job: () => promise});
        const run = await manager.runJob('handler');
        await eventually('the handler goes', () => run.info().state === 'running');
        await manager.addJob({name: 'script', queue: 'mail', job: () => {}});
        const script = manager.awaitCompletion('script');
        assert.equal(manager.job('script').waiting, 1);
        open();
        await Promise.all([run.result, script]);
    });

    test('that the manager does not have is refused, and the error names those it has', async (t) => {
        const {manager} = createManager(t, {queues: {mail: {}}});
        const refused = {
            code: 'INVALID_OPTION',
            message: /"queue" of job "digest" is "mial".*Did you mean "mail"\?/
        };
        await assert.rejects(manager.addJob({name: 'digest', queue: 'mial', job: () => {}}), refused);
        const other = createManager(t).manager;
        const unnamed = {
            code: 'INVALID_OPTION',
            message: /new JobManager\(\{queues: \{"mail": \{concurrency: 2\}\}\}\)/
        };
        await assert.rejects(other.addJob({name: 'digest', queue: 'mail', job: () => {}}), unnamed);
    });
});

suite('the priority of a job', () => {
    test('orders runs that wait for a process', async (t) => {
        const {manager} = createManager(t, {maxWorkers: 1});
        const names = startsOf(manager);
        const busy = once(manager.bree, 'worker created');
        await manager.addJob({name: 'busy', job: waits});
        await busy;
        const jobs = {low: -1, usual: undefined, high: 5};
        const ends = Object.entries(jobs).map(async ([name, priority]) => {
            await manager.addJob({name, priority, job: () => {}});
            await manager.awaitCompletion(name);
        });
        await eventually('they wait', () => manager.stats().waiting === 3);
        manager.bree.workers.get('busy').postMessage('end');
        await Promise.all(ends);
        assert.deepEqual(names, ['busy', 'high', 'usual', 'low']);
    });

    test('orders inline jobs, and those of one priority go in the order in which they were added', async (t) => {
        const {manager} = createManager(t, {inlineConcurrency: 1});
        const {promise, open} = gate();
        const order = [];
        void manager.addJob({offloaded: false, job: () => promise});
        await eventually('the first one runs', () => manager.stats().inline.running === 1);
        for (const [label, priority] of [
            ['a', 0],
            ['b', -3],
            ['c', 4],
            ['d', undefined],
            ['e', 4]
        ]) {
            void manager.addJob({offloaded: false, priority, job: () => order.push(label)});
        }
        open();
        await manager.allSettled();
        assert.equal(order.join(''), 'ceadb');
    });

    test('is a whole number from -100 to 100', async (t) => {
        const {manager} = createManager(t);
        const refused = {code: 'INVALID_OPTION', message: /"priority" of job "job" .*-100 to 100/};
        await assert.rejects(manager.addJob({name: 'job', priority: 1.5, job: () => {}}), refused);
    });
});

suite('nice', () => {
    test(
        'is the niceness of the process of a job and of all its threads',
        {skip: process.platform !== 'linux'},
        async (t) => {
            const {manager, messages} = createManager(t);
            await manager.addJob({
                name: 'nice',
                nice: 7,
                job: () => {
                    const fs = require('node:fs');
                    const niceOf = (task) =>
                        Number(
                            fs
                                .readFileSync(`/proc/self/task/${task}/stat`, 'utf8')
                                .split(') ')[1]
                                .split(' ')[16]
                        );
                    const all = fs.readdirSync('/proc/self/task').map(niceOf);
                    require('node:worker_threads').parentPort.postMessage([...new Set(all)]);
                }
            });
            await manager.awaitCompletion('nice');
            assert.deepEqual(messages, [{name: 'nice', message: [Math.max(7, os.getPriority())]}]);
        }
    );

    test('is refused for an inline job, which has no process of its own', async (t) => {
        const {manager} = createManager(t);
        const refused = {code: 'INVALID_OPTION', message: /"nice" of job "job" is only for offloaded jobs/};
        await assert.rejects(
            manager.addJob({name: 'job', offloaded: false, nice: 5, job: () => {}}),
            refused
        );
        await assert.rejects(manager.defineJob({name: 'job', nice: 5, job: () => {}}), {
            code: 'INVALID_OPTION',
            message: /"nice" of job "job" is for offloaded jobs/
        });
    });
});
