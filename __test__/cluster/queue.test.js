'use strict';

// Runs that are asked for: they go to any host, their outcome returns, and hosts steer each other.

const assert = require('node:assert/strict');
const nodeTest = require('node:test');
const {NODE_MAJORS, nodeBinary} = require('../support/nodes');
const {LOCK_MS, QUEUES, REDIS, makeCluster, startProxy, within} = require('./support');

const slow = (ms, more) => ({kind: 'slow', name: 'slow', ms, concurrency: 5, ...more});

/** Waits until a job is paused on a host, or is not any more. */
const untilPaused = (host, job, wanted = true, limitMs = 20_000) =>
    within(`"${job}" is ${wanted ? 'paused' : 'resumed'}`, limitMs, async () => {
        const {state} = await host.ask('state', {job});
        return (state === 'paused') === wanted;
    });

/** Waits until all hosts take part. */
const untilHosts = (host, count) =>
    within(`${count} hosts`, 20_000, async () => (await host.ask('info')).info.hosts.length >= count);

/** Has the hosts of a cluster forget the one that has this process, as they do when they have not heard of it for two minutes. */
async function forgetHost(on, name, pid) {
    const bullmq = require('bullmq');
    const {backendOf} = require('../../lib/cluster/bullmq/backend');
    const {connection, factory} = backendOf(on.url, bullmq);
    // The host may have been cut off while it had the lock of PostgreSQL that who looks for the tables waits for.
    const options = {connection: {...connection, migrate: false}, prefix: 'jm'};
    const queue = new bullmq.Queue(name, options, factory);
    try {
        const fields = Object.entries(await queue.backend.getQueueMeta());
        const isOfHost = ([key, text]) => key.startsWith('jm:host:') && JSON.parse(text).pid === pid;
        const found = fields.filter(isOfHost).map(([key]) => key);
        if (found.length > 0) {
            await queue.backend.removeQueueMetaFields(found);
        }
    } finally {
        await queue.close();
    }
}

nodeTest('without a server nothing of a queue is loaded', () => {
    const {bullmq} = require('../../lib/cluster');
    bullmq({connection: 'redis://127.0.0.1:1'});
    const loaded = Object.keys(require.cache).filter((file) => /node_modules.(bullmq|ioredis)/.test(file));
    assert.deepEqual(loaded, []);
});

for (const on of QUEUES) {
    const tests = [];
    const test = (title, run) => tests.push([title, run]);

    test('500 runs of three hosts end once each, also those of a host that shuts down and of one that is killed', async (t) => {
        const RUNS = 500;
        const cluster = makeCluster(t, on, [slow(20)]);
        const [asking, leaving, dying] = await Promise.all([
            cluster.host({concurrency: 20}),
            cluster.host({concurrency: 20}),
            cluster.host({concurrency: 20})
        ]);
        await untilHosts(asking, 3);
        const results = [];
        asking.child.on(
            'message',
            ({what, id, value, error}) => what === 'result' && results.push({id, value, error})
        );
        await Promise.all(
            Array.from({length: RUNS}, (_, index) =>
                asking.ask('run', {job: 'slow', options: {id: `run:${index}`, data: {ms: 20}}})
            )
        );
        const hostsOf = () => new Set(results.map(({value}) => value?.host));
        await within('the first ones, of two hosts', 20_000, () => hostsOf().size >= 2);
        dying.child.kill('SIGKILL');
        await leaving.ask('shutdown');
        await within('all results', 30_000 + LOCK_MS, () => results.length === RUNS);
        assert.equal(new Set(results.map(({id}) => id)).size, RUNS);
        assert.deepEqual(
            results.filter(({error}) => error !== undefined),
            []
        );
        const again = cluster.tries().length - new Set(cluster.tries().map(({id}) => id)).size;
        assert.ok(again <= 20, `${again} were redone: those that the killed host had`);
    });

    test('who asks for a run while the queue is away may give up by a signal, and the run is cancelled once it arrives', async (t) => {
        const cluster = makeCluster(t, on);
        const proxy = await startProxy(t, on.url);
        const host = await cluster.host({url: proxy.url, jobs: [slow(60_000)]});
        proxy.cut();
        const late = {job: 'slow', options: {id: 'late'}, limitMs: 300};
        await assert.rejects(host.ask('run', late), /aborted due to timeout/);
        proxy.mend();
        await host.ask('run', {job: 'slow', options: {id: 'next'}});
        const find = async () => (await host.ask('find', {id: 'late'})).run;
        let run = await find();
        for (const end = Date.now() + 20_000; run !== undefined && run.state !== 'failed';) {
            assert.ok(Date.now() < end, JSON.stringify(run));
            run = await find();
        }
        assert.deepEqual(cluster.lines(), []);
    });

    test('a host that shuts down while 500 runs wait leaves them to the others: each is done once', async (t) => {
        const RUNS = 500;
        // On a busy machine the end of a run may be written later than a short one.
        const lease = 20_000;
        const cluster = makeCluster(t, on);
        const asking = await cluster.host({jobs: [slow(50)], concurrency: 2, lease});
        await Promise.all(
            Array.from({length: RUNS}, (_, index) =>
                asking.ask('run', {job: 'slow', options: {id: `run:${index}`, data: {ms: 50}}})
            )
        );
        const before = cluster.tries().length;
        assert.ok(before < RUNS / 2, `${before} were done, and the others wait`);
        await Promise.all([
            asking.ask('shutdown'),
            cluster.host({jobs: [slow(5)], lease}),
            cluster.host({jobs: [slow(5)], lease})
        ]);
        const done = () => cluster.tries().filter((run) => run.isDone);
        await within('all of them', 60_000, () => new Set(done().map(({id}) => id)).size === RUNS);
        const again = cluster
            .tries()
            .filter(({id, host}, _, all) => all.some((one) => one.id === id && one.host !== host));
        assert.deepEqual(again, [], 'none was done twice');
        assert.equal(cluster.tries().length, RUNS);
        const hosts = new Set(done().map(({host}) => host));
        assert.ok(hosts.size >= 2 && done().filter(({host}) => host !== asking.pid).length > RUNS / 2);
    });

    test('what a handler throws on another host is thrown at the one that asked', async (t) => {
        const cluster = makeCluster(t, on, []);
        const [asking, other] = await Promise.all([cluster.host(), cluster.host()]);
        await other.ask('add', {job: slow(5_000, {timeout: 100})});
        await asking.ask('add', {job: slow(5_000, {timeout: 100})});
        void asking.ask('run', {job: 'slow'});
        const {id, error} = await asking.told('result');
        assert.equal(error.code, 'JOB_TIMEOUT');
        const {run} = await asking.ask('find', {id});
        assert.deepEqual(
            [run.error.code, run.error.message],
            [error.code, error.message],
            'the queue has it too'
        );
    });

    test(`values and errors go between hosts on Node.js ${NODE_MAJORS.join(', ')}, as while a new version is rolled out`, async (t) => {
        const ROUNDS = 100;
        const cluster = makeCluster(t, on, [
            {kind: 'echo', name: 'echo'},
            slow(0, {name: 'fails', fails: 1})
        ]);
        // One run at a time, so that each has some.
        const hosts = await Promise.all(
            NODE_MAJORS.map((major) => cluster.host({node: nodeBinary(major), concurrency: 1}))
        );
        for (const asking of hosts) {
            const answeredBy = new Set();
            for (let round = 0; answeredBy.size < hosts.length; round++) {
                assert.ok(round < ROUNDS, `only ${[...answeredBy]} had runs`);
                const echoes = await Promise.all(hosts.map(() => asking.ask('echo', {job: 'echo'})));
                assert.ok(
                    echoes.every(({isSame}) => isSame),
                    JSON.stringify(echoes)
                );
                echoes.forEach(({node}) => answeredBy.add(node));
            }
            await asking.ask('run', {job: 'fails', isAwaited: true});
            assert.equal((await asking.told('result')).error.message, 'attempt 1 fails');
        }
    });

    test('a run is cancelled while it waits, and while it goes on another host', async (t) => {
        const cluster = makeCluster(t, on, [slow(20_000)]);
        const asking = await cluster.host();
        const waiting = await asking.ask('run', {job: 'slow', options: {delay: 60_000, id: 'waits'}});
        assert.equal(waiting.id, 'waits');
        await asking.ask('cancel', {id: 'waits'});
        const {error} = await asking.told('result');
        assert.equal(error.code, 'JOB_CANCELLED');
        await asking.ask('run', {job: 'slow', options: {id: 'goes'}});
        const other = await cluster.host();
        await within('it goes', 20_000, async () => true);
        let running = [];
        for (let look = 0; running.length === 0 && look < 200; look++) {
            ({
                info: {running}
            } = await other.ask('info'));
        }
        assert.deepEqual(
            running.map(({id, job}) => [id, job]),
            [['goes', 'slow']]
        );
        await other.ask('cancel', {id: 'goes', reason: 'a test'});
        const cancelled = await asking.told('result');
        assert.equal(cancelled.id, 'goes');
        await assert.rejects(other.ask('cancel', {id: 'never'}), {code: 'RUN_UNKNOWN'});
    });

    test('a pause reaches all hosts, also one that starts later', async (t) => {
        const jobs = [{kind: 'inline', name: 'tick', at: '* * * * * *'}];
        const cluster = makeCluster(t, on, jobs);
        const [one, two] = await Promise.all([cluster.host(), cluster.host()]);
        await within('slots', 20_000, () => cluster.tries().length >= 2);
        await one.ask('pause', {job: 'tick'});
        await untilPaused(two, 'tick');
        const three = await cluster.host();
        assert.match((await three.told('warned')).message, /"tick" is paused in the cluster \(a test\)/);
        await untilPaused(three, 'tick');
        const before = cluster.tries().length;
        await new Promise((resolve) => setTimeout(resolve, 2_500));
        assert.ok(cluster.tries().length <= before + 1, 'a slot that was granted before may run');
        await three.ask('resume', {job: 'tick'});
        await Promise.all([untilPaused(one, 'tick', false), untilPaused(two, 'tick', false)]);
        await within('slots', 20_000, () => cluster.tries().length >= before + 3);
        const {info} = await one.ask('info');
        assert.deepEqual(info.hosts.map(({pid}) => pid).toSorted(), [one.pid, two.pid, three.pid].toSorted());
    });

    test('a pause of all jobs reaches all hosts, also one that starts later', async (t) => {
        const jobs = [{kind: 'inline', name: 'tick', at: '0 0 0 1 1 *'}];
        const cluster = makeCluster(t, on, jobs);
        const [one, two] = await Promise.all([cluster.host(), cluster.host()]);
        await one.ask('pauseAll');
        await untilPaused(two, 'tick');
        const three = await cluster.host();
        await untilPaused(three, 'tick');
        await three.ask('resumeAll');
        await Promise.all([one, two].map((host) => untilPaused(host, 'tick', false)));
    });

    test('a host that was cut off, and is no longer in the list of hosts, applies the pauses and resumes that it has missed when it is back', async (t) => {
        const jobs = [{kind: 'inline', name: 'tick', at: '0 0 0 1 1 *'}];
        const cluster = makeCluster(t, on, jobs);
        const proxy = await startProxy(t, on.url);
        const [one, two] = await Promise.all([cluster.host(), cluster.host({url: proxy.url})]);
        await untilHosts(one, 2);
        // It looks after each connection that is lost, or, on PostgreSQL, every 30 s.
        const LOOK_LIMIT_MS = 60_000;
        for (const [act, isPaused] of [
            ['pause', true],
            ['resume', false]
        ].slice(0, on.url === REDIS ? 2 : 1)) {
            proxy.cut();
            await forgetHost(on, cluster.name, two.pid);
            await one.ask(act, {job: 'tick'});
            await untilPaused(one, 'tick', isPaused);
            proxy.mend();
            proxy.reset();
            await untilPaused(two, 'tick', isPaused, LOOK_LIMIT_MS);
        }
    });

    test('overlap: a slot that is due while a run of the cluster goes is skipped; the next one runs', async (t) => {
        const jobs = [{kind: 'slow', name: 'tick', at: '*/2 * * * * *', ms: 2_600}];
        const cluster = makeCluster(t, on, jobs);
        await Promise.all([cluster.host(), cluster.host(), cluster.host()]);
        await within('runs', 40_000, () => cluster.tries().length >= 3);
        const tries = cluster.tries();
        // Written at their ends.
        const ends = tries.map(({begin}) => begin).toSorted((one, other) => one - other);
        const gaps = ends.slice(1).map((end, index) => end - ends[index]);
        assert.ok(Math.min(...gaps) >= 2_500, `no two went at once: ${gaps}`);
        assert.ok(cluster.skipped.some(({reason}) => reason === 'overlap'));
    });

    nodeTest(`a queue by ${on.title}`, {concurrency: 2}, async (t) => {
        await Promise.all(tests.map(([title, run]) => t.test(title, run)));
    });
}
