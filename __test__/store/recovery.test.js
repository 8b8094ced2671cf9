'use strict';

// Runs that a host leaves when it is killed, and what the next one makes of them.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const notes = require('./jobs/notes');
const {killHosts} = require('./kills');
const {storeOf, until} = require('./support');
const {startHost} = require('../support/hosts');
const {temporaryFolder} = require('../support/temporary-folder');

/** A host that is killed once it has left what the scenario says, and the next one on its store. */
async function killed(t, scenario) {
    const file = path.join(temporaryFolder(t), 'notes');
    fs.writeFileSync(file, '');
    const hosts = storeOf(t);
    const host = startHost(t, path.join(__dirname, 'hosts', 'leaves.js'), {
        args: [hosts.store, file, scenario]
    });
    await host.told('left');
    host.child.kill('SIGKILL');
    await host.ended;
    const begun = () =>
        fs
            .readFileSync(file, 'utf8')
            .split('\n')
            .filter(Boolean)
            .map((line) => line.slice(2));
    return {hosts, begun, file};
}

test('a run whose host was killed goes on with its next attempt, and fails with HOST_DIED where none is left', async (t) => {
    const {hosts, begun} = await killed(t, 'running');
    const {manager, errors} = await hosts.next();
    const ended = [];
    manager.events.on('run ended', ({run}) => ended.push([run.id, run.state, run.cause]));
    let recovered;
    await manager.defineJob({
        name: 'job',
        job: async (_data, run) => {
            recovered = {id: run.id, trigger: run.trigger, attempt: run.attempt, attempts: run.attempts};
        },
        attempts: 2
    });
    await manager.defineJob({name: 'process', job: require.resolve('./jobs/notes')});
    await until(() => ended.length === 3);
    assert.deepEqual(recovered, {id: 'has-more', trigger: 'recovered', attempt: 2, attempts: 2});
    assert.deepEqual(ended.toSorted(), [
        ['has-more', 'completed', 'done'],
        ['has-none', 'failed', 'hostDied'],
        ['waits', 'completed', 'returned']
    ]);
    assert.deepEqual(
        errors.map(({error, name, runId, attempt}) => [error.code, name, runId, attempt]),
        [['HOST_DIED', 'process', 'has-none', 1]]
    );
    assert.deepEqual(begun().toSorted(), ['has-more 1', 'has-none 1', 'waits 1']);
    const info = manager.run('has-more');
    assert.deepEqual([info.state, info.trigger, info.attempt], ['completed', 'recovered', 2]);
});

test('a run whose host was killed is shown once, by its id, also before the event of its end is taken', async (t) => {
    const {hosts} = await killed(t, 'running');
    const {manager} = await hosts.next();
    await manager.defineJob({name: 'process', job: require.resolve('./jobs/notes')});
    // Nothing has been awaited that lets events in, and then all of them.
    const before = manager.runs().map(({id}) => id);
    await until(() => manager.run('has-none')?.state === 'failed');
    const after = manager.runs().map(({id}) => id);
    for (const ids of [before, after]) {
        assert.deepEqual(ids.toSorted(), ['has-more', 'has-none', 'waits']);
    }
});

test('runs that waited go by priority and by their times, with their data, and before new ones', async (t) => {
    const {hosts, file} = await killed(t, 'waiting');
    const {manager} = await hosts.next();
    assert.deepEqual(
        manager.runs({state: 'waiting'}).map(({id}) => id),
        ['much-later', 'soon', 'high', 'usual', 'low'],
        'they are listed while their job is not defined'
    );
    await new Promise((resolve) => setTimeout(resolve, 60));
    const order = [];
    const data = [];
    await manager.defineJob({
        name: 'job',
        concurrency: 1,
        job: (given, run) => {
            order.push(run.id);
            data.push(given);
        }
    });
    await (
        await manager.runJob('job', {id: 'new'})
    ).result;
    await until(() => order.length >= 5);
    assert.deepEqual(order.filter((id) => id !== 'new').slice(0, 4), ['high', 'usual', 'soon', 'low']);
    const usual = data[order.indexOf('usual')];
    assert.deepEqual(usual, {file, map: new Map([[1, 2n]])});
    assert.equal(manager.run('first').error.code, 'HOST_DIED');
    assert.equal(manager.run('much-later').state, 'waiting');
});

test('a retry that fell due while no host was there begins at once', async (t) => {
    const {hosts, begun} = await killed(t, 'retrying');
    await new Promise((resolve) => setTimeout(resolve, 150));
    const {manager} = await hosts.next();
    assert.equal(manager.run('again').state, 'retrying');
    assert.deepEqual(
        manager.run('again').history.map(({attempt, cause, message}) => ({attempt, cause, message})),
        [{attempt: 1, cause: 'error', message: 'on purpose'}]
    );
    await manager.defineJob({name: 'job', job: notes, attempts: 3, backoff: 100});
    await until(() => manager.run('again').state === 'completed');
    assert.deepEqual(begun(), ['again 1', 'again 2']);
});

test('all runs whose request was answered are there', async (t) => {
    const {hosts} = await killed(t, 'accepted');
    const {manager} = await hosts.next({history: {perJob: 1_000}});
    const runs = () => manager.runs({limit: 1_000});
    assert.equal(new Set(runs().map(({id}) => id)).size, 500);
    await manager.defineJob({name: 'job', job: notes});
    await until(() => runs().every(({ended}) => ended !== undefined));
    const ids = runs().map(({id}) => id);
    assert.deepEqual([ids.length, new Set(ids).size], [500, 500], 'each of them once');
});

test('nothing accepted is lost, and nothing ends twice, when hosts are killed at any moment', async (t) => {
    const counts = await killHosts(temporaryFolder(t), 6);
    assert.ok(counts.accepted > 6, JSON.stringify(counts));
});
