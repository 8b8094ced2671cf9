'use strict';

// Runs that wait while the host shuts down, exits, or is blocked; and listeners of runs.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const path = require('node:path');
const {suite, test} = require('node:test');
const {startHost} = require('../support/hosts');
const {eventually} = require('../support/processes');
const {createManager} = require('../support/runs');
const {jobs} = require('./support');

const COUNT = 1_000;

/** A thousand runs of which most wait, half of them on this event loop. */
async function withWaiting(t, how) {
    const host = createManager(t);
    const {manager} = host;
    await manager.defineJob({name: 'faults', job: jobs('faults.js'), concurrency: 2, gracePeriod: 50});
    await manager.defineJob({
        name: 'inline',
        concurrency: 2,
        job: async (data, {signal}) => {
            await new Promise(
                how === 'pid' ? setImmediate : (resolve) => signal.addEventListener('abort', resolve)
            );
            signal.throwIfAborted();
        }
    });
    const runs = await Promise.all(
        Array.from({length: COUNT}, (_, index) =>
            manager.runJob(index % 2 ? 'faults' : 'inline', {data: {how}})
        )
    );
    const ends = new Map();
    for (const run of runs) {
        run.on('ended', ({state}) => ends.set(run, [...(ends.get(run) ?? []), state]));
    }
    const states = () => {
        assert.equal(ends.size, COUNT, 'every run has ended');
        const all = [...ends.values()];
        assert.ok(
            all.every((list) => list.length === 1),
            'each of them once'
        );
        return all.flat();
    };
    const begun = () =>
        eventually('those that go', () => runs.slice(0, 4).every((run) => run.info().state === 'running'));
    return {...host, runs, states, begun};
}

suite('a thousand runs wait', () => {
    test("shutdown({waiting: 'finish'}) runs them all", async (t) => {
        const {manager, states} = await withWaiting(t, 'pid');
        await manager.shutdown({waiting: 'finish'});
        assert.deepEqual([...new Set(states())], ['completed']);
    });

    test("shutdown({waiting: 'drop'}) drops those that wait, and stops those that go", async (t) => {
        const {manager, states, begun, errors} = await withWaiting(t, 'forever');
        await begun();
        assert.deepEqual(await manager.shutdown({waiting: 'drop'}), {dropped: COUNT - 4});
        assert.deepEqual([...new Set(states())], ['cancelled']);
        assert.ok(errors.every(({error}) => error.code === 'JOB_CANCELLED'));
    });

    for (const waiting of ['finish', 'drop']) {
        test(`shutdown({waiting: '${waiting}', timeout}) ends them all at its time`, async (t) => {
            const {manager, states, begun} = await withWaiting(t, 'ignore everything');
            await begun();
            await assert.rejects(manager.shutdown({waiting, timeout: 30}), {
                code: 'SHUTDOWN_TIMEOUT',
                dropped: COUNT - 4
            });
            assert.deepEqual([...new Set(states())], ['cancelled']);
        });
    }

    const DEATHS = {
        'process.exit': (child) => child.send('exit'),
        'kill -9': (child) => child.kill('SIGKILL')
    };
    for (const [what, end] of Object.entries(DEATHS)) {
        test(`${what} of the host leaves no process behind`, async (t) => {
            const host = startHost(t, path.join(__dirname, 'hosts/many-waiting.js'));
            await host.told('running');
            end(host.child);
            await host.ended;
            await eventually('no process left', () => host.pids().length === 0);
        });
    }

    test('nothing that waits keeps a host that has removed the job', async (t) => {
        const host = startHost(t, path.join(__dirname, 'hosts/many-waiting.js'));
        await host.told('running');
        host.child.send('remove');
        assert.deepEqual(await host.ended, [0, null]);
        await eventually('no process left', () => host.pids().length === 0);
    });
});

suite('a host whose event loop is blocked', () => {
    test('its handlers in processes run one after the other meanwhile, and their time limits hold', async (t) => {
        const {manager} = createManager(t);
        await manager.defineJob({name: 'faults', job: jobs('faults.js'), concurrency: 1, gracePeriod: 20});
        await (
            await manager.runJob('faults', {data: {how: 'pid'}})
        ).result;
        const runs = await Promise.all(
            Array.from({length: 100}, (_, index) =>
                index === 50
                    ? manager.runJob('faults', {data: {how: 'forever'}, timeout: 50})
                    : manager.runJob('faults', {data: {how: 'pid'}})
            )
        );
        const blockedMs = 1_500;
        const startedMs = Date.now();
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockedMs);
        const endedMs = Date.now();
        await Promise.allSettled(runs.map(({result}) => result));
        const infos = runs.map((run) => run.info());
        assert.ok(
            infos.every(({ended}) => ended < endedMs),
            `the last one ended ${infos.at(-1).ended - startedMs} ms after the block began`
        );
        assert.equal(infos[50].cause, 'timeout');
        assert.equal(infos.filter(({state}) => state === 'completed').length, 99);
    });
});

suite('listeners', () => {
    test('one that comes after the end of a run hears of it once', async (t) => {
        const {manager} = createManager(t);
        await manager.defineJob({name: 'inline', job: () => 1});
        const run = await manager.runJob('inline');
        await run.result;
        let ends = 0;
        run.on('ended', () => {
            ends += 1;
        });
        const [info] = await once(run, 'ended');
        assert.equal(info.state, 'completed');
        await run.cancel();
        assert.equal(ends, 1);
    });

    test('one that throws at any event of a run changes nothing for it or for others', async (t) => {
        const {manager, logs} = createManager(t);
        await manager.defineJob({name: 'reports', job: jobs('reports.js'), concurrency: 1});
        await manager.defineJob({
            name: 'fails',
            attempts: 2,
            backoff: 0,
            job: () => Promise.reject(new Error('no'))
        });
        const runs = [
            await manager.runJob('reports'),
            await manager.runJob('reports'),
            await manager.runJob('fails')
        ];
        let thrown = 0;
        for (const run of runs) {
            for (const event of ['progress', 'log', 'attempt failed', 'ended']) {
                run.on(event, () => {
                    thrown += 1;
                    throw new Error('from a listener');
                });
            }
        }
        await Promise.allSettled(runs.map(({result}) => result));
        assert.deepEqual(
            runs.map((run) => run.info().state),
            ['completed', 'completed', 'failed']
        );
        assert.ok(thrown >= 10, `${thrown}`);
        const lines = logs.filter(({level, text}) => level === 'error' && text.includes('from a listener'));
        assert.equal(lines.length, thrown);
    });
});
