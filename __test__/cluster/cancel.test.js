'use strict';

// Runs are cancelled in each state, from a host that neither has asked for them nor has them.

const assert = require('node:assert/strict');
const nodeTest = require('node:test');
const {Cancelling} = require('../../lib/cluster/bullmq/cancelling');
const {BACKENDS, LEASE_MS, LOCK_MS, QUEUES, makeCluster, within} = require('./support');

nodeTest('a run that was cancelled before its host has taken it is not begun', () => {
    const cancelling = new Cancelling({});
    const run = {data: {}};
    cancelling.check(run, 'one');
    cancelling.take({kind: 'cancel', id: 'one', reason: 'a test'});
    assert.throws(() => cancelling.check(run, 'one'), {code: 'JOB_CANCELLED', message: /: a test$/});
    cancelling.check(run, 'other');
    assert.throws(() => cancelling.check({data: {cancelled: {}}}, 'other'), {code: 'JOB_CANCELLED'});
});

nodeTest(
    'a run whose host finds at once that it is cancelled counts as cancelled, not as ended',
    async () => {
        const states = ['waiting', 'failed'];
        const job = {data: {}, getState: async () => states.shift(), updateData: async () => {}};
        const cancelling = new Cancelling({find: async () => job});
        const cancel = () => cancelling.cancel({id: 'one', reason: 'a test'});
        job.failedReason = 'The run one was cancelled before it began: a test';
        assert.equal(await cancel(), 'waiting');
        states.push('waiting', 'failed');
        job.failedReason = 'it failed by itself';
        assert.equal(await cancel(), 'failed');
    }
);

const MINUTE_MS = 60_000;
const slow = (more) => ({kind: 'slow', name: 'slow', ms: MINUTE_MS, concurrency: 5, ...more});

/** Waits until the queue has what is wanted. */
async function infoWhere(host, isWanted) {
    for (const end = Date.now() + 20_000; ;) {
        const {info} = await host.ask('info');
        if (isWanted(info)) {
            return info;
        }
        assert.ok(Date.now() < end, JSON.stringify(info));
    }
}

/** A run goes on a host that has its job. One that has not may just be looking at it. */
const goes = (id, other) => (info) => {
    const {id: otherId} = info.hosts.find(({pid}) => pid === other.pid) ?? {};
    return info.running.some((run) => run.id === id && run.host !== otherId);
};
const unknown = {code: 'RUN_UNKNOWN'};
const ended = {code: 'RUN_ENDED'};

const tests = [];

for (const on of QUEUES) {
    const test = (title, run) => tests.push([`${on.title}: ${title}`, run]);

    /** Hosts that take one run each, a host that has none, and the results of the first one. */
    async function hosts(t, jobs, {busy = 1} = {}) {
        const cluster = makeCluster(t, on);
        const other = await cluster.host();
        const all = await Promise.all(Array.from({length: busy}, () => cluster.host({jobs, concurrency: 1})));
        const [asking] = all;
        const results = new Map();
        asking.child.on(
            'message',
            (message) => message.what === 'result' && results.set(message.id, message)
        );
        const ask = (id, options, job = 'slow') => asking.ask('run', {job, options: {id, ...options}});
        const resultOf = (id) => within(`the result of ${id}`, 20_000, () => results.get(id));
        return {cluster, other, asking, all, ask, resultOf};
    }

    test('one that waits, for its time or for a host, never begins; it is not kept', async (t) => {
        const {cluster, other, ask, resultOf} = await hosts(t, [slow()]);
        await ask('later', {delay: MINUTE_MS});
        await ask('goes');
        await infoWhere(other, goes('goes', other));
        await ask('waits');
        for (const id of ['later', 'waits']) {
            const {state} = await other.ask('cancel', {id, reason: 'a test'});
            // A host that does not have the job may be looking at it.
            assert.ok(['cancelled', 'stopping'].includes(state), state);
            const {error} = await resultOf(id);
            assert.equal(error.code, 'JOB_CANCELLED');
            assert.match(error.message, /before it began: a test$/);
            await assert.rejects(other.ask('cancel', {id}), ({code}) =>
                ['RUN_UNKNOWN', 'RUN_ENDED'].includes(code)
            );
        }
        const {queue, running} = await infoWhere(other, () => true);
        assert.equal(queue.waiting + queue.prioritized + queue.delayed, 0);
        assert.deepEqual(
            running.map(({id}) => id),
            ['goes']
        );
        assert.deepEqual(cluster.lines(), []);
    });

    test('one that goes is stopped, on whichever host; twice; and when it has ended', async (t) => {
        const {cluster, other, asking, all, ask, resultOf} = await hosts(t, [slow({lingerMs: 3_000})], {
            busy: 2
        });
        await ask('one');
        await ask('two');
        await infoWhere(other, (info) => goes('one', other)(info) && goes('two', other)(info));
        // One of them goes on the host that has asked for it.
        for (const [id, by] of [
            ['one', other],
            ['two', asking]
        ]) {
            const cancelled = by.ask('cancel', {id, reason: 'a test'});
            const again = other.ask('cancel', {id, reason: 'a test again'});
            assert.ok(['stopping', 'cancelled'].includes((await cancelled).state));
            assert.ok(['stopping', 'cancelled'].includes((await again).state));
            const {error} = await resultOf(id);
            assert.equal(error.code, 'JOB_CANCELLED', JSON.stringify(error));
            assert.match(error.message, /a test/);
        }
        await infoWhere(other, ({running}) => running.length === 0);
        for (const host of [other, ...all]) {
            await assert.rejects(host.ask('cancel', {id: 'one'}), ended);
            await assert.rejects(host.ask('cancel', {id: 'never'}), unknown);
        }
        assert.deepEqual(cluster.lines(), []);
    });

    test('one that waits for its next attempt, and one that has completed', async (t) => {
        const failing = {kind: 'slow', name: 'failing', fails: 2, ms: 1, attempts: 3, backoff: MINUTE_MS};
        const {cluster, other, ask, resultOf} = await hosts(t, [failing, {kind: 'inline', name: 'quick'}]);
        await ask('quick', {}, 'quick');
        await resultOf('quick');
        await infoWhere(other, ({queue}) => queue.completed === 1);
        await assert.rejects(other.ask('cancel', {id: 'quick'}), ended);
        await ask('fails', {}, 'failing');
        await within('it fails', 20_000, () =>
            cluster.tries().some(({id, isDone}) => id === 'fails' && isDone)
        );
        await other.ask('cancel', {id: 'fails', reason: 'a test'});
        const {error} = await resultOf('fails');
        assert.equal(error.code, 'JOB_CANCELLED', JSON.stringify(error));
        assert.equal(cluster.tries().filter(({id}) => id === 'fails').length, 1);
        await infoWhere(other, ({queue}) => queue.failed === 1);
        await assert.rejects(other.ask('cancel', {id: 'fails'}), ended);
    });

    test('one whose host is lost is not redone', async (t) => {
        const {cluster, other, asking, ask, resultOf} = await hosts(t, [slow({ms: LEASE_MS})]);
        const dying = await cluster.host({jobs: [slow({ms: MINUTE_MS})], concurrency: 1});
        const isDying = ({pid}) => pid === dying.pid;
        const {hosts: known} = await infoWhere(other, (info) => info.hosts.some(isDying));
        const {id: lost} = known.find(isDying);
        await ask('one');
        await ask('two');
        const isLost = ({host}) => host === lost;
        const {running} = await infoWhere(other, (info) => info.running.some(isLost));
        const {id} = running.find(isLost);
        dying.child.kill('SIGSTOP');
        await other.ask('cancel', {id, reason: 'a test'});
        dying.child.kill('SIGKILL');
        await within('the end of its lock', LOCK_MS + 2 * LEASE_MS + 20_000, () => asking.child.connected);
        const {error} = await resultOf(id);
        assert.equal(error.code, 'JOB_CANCELLED', JSON.stringify(error));
        assert.deepEqual(
            cluster.tries().map((run) => run.id),
            [id === 'one' ? 'two' : 'one']
        );
    });

    test('as they begin: each either ends by itself or is cancelled, and every call is answered', async (t) => {
        const RUNS = 30;
        const {other, ask, resultOf} = await hosts(t, [slow({ms: 5})], {busy: 2});
        const ids = Array.from({length: RUNS}, (_, index) => `run ${index}`);
        const answers = await Promise.all(
            ids.map(async (id) => {
                await ask(id);
                return other.ask('cancel', {id}).catch(({code}) => ({state: code}));
            })
        );
        const states = new Set(['cancelled', 'stopping', 'RUN_ENDED']);
        assert.deepEqual(
            answers.filter(({state}) => !states.has(state)),
            []
        );
        const results = await Promise.all(ids.map(resultOf));
        for (const [index, {error}] of results.entries()) {
            const {state} = answers[index];
            assert.ok(error === undefined || error.code === 'JOB_CANCELLED', JSON.stringify(error));
            assert.ok(state !== 'cancelled' || error !== undefined, `${ids[index]} was cancelled, and ran`);
            assert.ok(state !== 'RUN_ENDED' || error === undefined, `${ids[index]} had ended`);
        }
    });
}

for (const on of BACKENDS.filter(({backend}) => backend === 'database')) {
    tests.push([
        `${on.title}: only the host that has a run can cancel it`,
        async (t) => {
            const job = {kind: 'script', name: 'long', at: '* * * * * *', ms: MINUTE_MS};
            const cluster = makeCluster(t, on, [job]);
            const hosts = await Promise.all([cluster.host(), cluster.host()]);
            const [{id, host}] = await within(
                'a run',
                20_000,
                () => cluster.lines().length > 0 && cluster.lines()
            );
            const [holder, other] = hosts.toSorted((one) => (one.pid === host ? -1 : 1));
            await assert.rejects(other.ask('cancel', {id}), {code: 'RUN_NOT_STOPPABLE'});
            const {state} = await holder.ask('cancel', {id, reason: 'a test'});
            assert.equal(state, 'cancelled');
            const again = (by) => by.ask('cancel', {id}).catch(({code}) => code);
            assert.equal(await again(holder), 'RUN_ENDED');
            // It is written a moment later.
            let code;
            for (const end = Date.now() + 20_000; code !== 'RUN_ENDED' && Date.now() < end;) {
                code = await again(other);
            }
            assert.equal(code, 'RUN_ENDED');
            for (const never of ['long@2026-01-01T00:00:00.000Z', 'never']) {
                await assert.rejects(other.ask('cancel', {id: never}), unknown);
            }
            assert.equal(cluster.tries().filter((run) => run.id === id).length, 1);
        }
    ]);
}

if (tests.length > 0) {
    nodeTest('runs are cancelled', {concurrency: 4}, async (t) => {
        await Promise.all(tests.map(([title, run]) => t.test(title, run)));
    });
}
