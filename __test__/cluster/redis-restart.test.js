'use strict';

// Redis is restarted, with its data and without.

const assert = require('node:assert/strict');
const {execFileSync, spawn} = require('node:child_process');
const {once} = require('node:events');
const net = require('node:net');
const test = require('node:test');
const {temporaryFolder} = require('../support/temporary-folder');
const {REDIS, makeCluster, overlapOf, within} = require('./support');

test('a folder for a server of its own', (t) => {
    assert.ok(temporaryFolder(t));
});

async function freePort() {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const {port} = server.address();
    await new Promise((resolve) => server.close(resolve));
    return port;
}

/** A Redis of this test's own, which can be stopped and started again on its port. */
async function ownRedis(t, {isPersistent}) {
    const folder = temporaryFolder(t);
    const port = await freePort();
    let child;
    const server = {
        url: `redis://127.0.0.1:${port}`,
        async start() {
            const keep = isPersistent
                ? ['--appendonly', 'yes', '--appendfsync', 'always']
                : ['--appendonly', 'no'];
            child = spawn(
                'redis-server',
                ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', ...keep],
                {stdio: ['ignore', 'pipe', 'inherit']}
            );
            let text = '';
            for await (const chunk of child.stdout) {
                text += chunk;
                if (text.includes('Ready to accept connections')) {
                    break;
                }
            }
        },
        async stop() {
            const ended = once(child, 'exit');
            child.kill('SIGKILL');
            await ended;
        }
    };
    t.after(() => child.kill('SIGKILL'));
    await server.start();
    return server;
}

const hasRedis = () => {
    try {
        execFileSync('redis-server', ['--version']);
        return true;
    } catch {
        return false;
    }
};

if (REDIS && hasRedis()) {
    for (const isPersistent of [true, false]) {
        test(`Redis is down for 5 s, ${isPersistent ? 'and has its data' : 'and has lost its data'}: no slot twice, none lost without a report, no burst`, async (t) => {
            const redis = await ownRedis(t, {isPersistent});
            const jobs = [{kind: 'inline', name: 'tick', at: '* * * * * *'}];
            const cluster = makeCluster(t, {backend: 'bullmq', url: redis.url}, jobs);
            // The lease outlasts the outage.
            const lease = 10_000;
            await Promise.all([cluster.host({lease}), cluster.host({lease}), cluster.host({lease})]);
            await within('slots', 20_000, () => cluster.tries().length >= 3);
            await redis.stop();
            const downAt = Date.now();
            await new Promise((resolve) => setTimeout(resolve, 5_000));
            await redis.start();
            const upAt = Date.now();
            await within(
                'slots after that',
                40_000,
                () => cluster.tries().filter(({due}) => due > upAt).length >= 4
            );
            const missing = () => {
                const dues = cluster.tries().map(({due}) => due);
                const all = [];
                for (let due = Math.min(...dues); due < upAt; due += 1_000) {
                    const isReported = cluster.skipped.some(
                        ({due: from, count}) => from <= due && due < from + count * 1_000
                    );
                    if (!dues.includes(due) && !isReported) {
                        all.push(due);
                    }
                }
                return all;
            };
            // One whose host was just being told that it has it, is found when its lock is over.
            await within('every slot has run or is reported', 40_000, () => missing().length === 0);
            const tries = cluster.tries();
            assert.equal(new Set(tries.map(({id}) => id)).size, tries.length, 'a slot has run twice');
            const late = tries.filter(
                ({due, begin}) => due > downAt && due < upAt - 1_000 && begin - due > 1_000
            );
            assert.ok(late.length <= 3, `a burst of ${late.length} late runs`);
        });
    }

    test(`Redis is down for 5 s: the slots of a job with overlap 'queue' still run one by one`, async (t) => {
        const redis = await ownRedis(t, {isPersistent: true});
        const job = {kind: 'script', name: 'busy', at: '*/2 * * * * *', overlap: 'queue', ms: 1_500};
        const cluster = makeCluster(t, {backend: 'bullmq', url: redis.url}, [job]);
        // The lease outlasts the outage.
        const lease = 10_000;
        await Promise.all([cluster.host({lease}), cluster.host({lease}), cluster.host({lease})]);
        const readyAt = Date.now() + 2_500;
        const tries = () => cluster.tries().filter(({due}) => due > readyAt);
        await within('slots', 30_000, () => tries().length >= 2);
        await redis.stop();
        await new Promise((resolve) => setTimeout(resolve, 5_000));
        await redis.start();
        const upAt = Date.now();
        await within('slots after that', 60_000, () => {
            return tries().filter(({due, isDone}) => due > upAt && isDone).length >= 3;
        });
        assert.ok(overlapOf(cluster.tries(), {ofAll: true}) <= 0, JSON.stringify(cluster.tries()));
        const dues = tries().map(({due}) => due);
        assert.deepEqual(
            dues,
            [...new Set(dues)].toSorted((one, other) => one - other),
            'in order, and none twice'
        );
        const between = Array.from(
            {length: (dues.at(-1) - dues[0]) / 2_000 + 1},
            (_, index) => dues[0] + 2_000 * index
        );
        const without = () =>
            between.filter(
                (due) =>
                    !dues.includes(due) &&
                    !cluster.skipped.some((one) => one.due <= due && due < one.due + one.count * 2_000)
            );
        await within('every slot has run or is reported', 10_000, () => without().length === 0);
    });
} else {
    console.log(
        'Left out: the tests of a Redis that is restarted. They need redis-server, and JOB_MANAGER_TEST_REDIS.'
    );
}
