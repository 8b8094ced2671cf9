'use strict';

// `npm run soak:namespaces [-- TIMES]`, by hand, as root on Linux with iproute2 and redis-server: a host in a network namespace of its own
// loses its link to Redis in the middle of a run for longer than lease and lock, without an error at either end, and gets it back.

const assert = require('node:assert/strict');
const {execFileSync, spawn} = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const {after, test} = require('node:test');
const {LEASE_MS, LOCK_MS, makeCluster, overlapOf, within} = require('../cluster/support');
const {temporaryFolder} = require('../support/temporary-folder');

const TIMES = Number(process.argv[2] ?? 3);
const NAME = `jm${process.pid}`;
/** As other hosts see Redis, and as this one does. */
const [NEAR, FAR] = ['10.213.7.1', '10.213.7.2'];
const PORT = 16_379;
const DOWN_MS = LEASE_MS + LOCK_MS + 2_000;
const FOUND_MS = 60_000;

const ip = (...args) => execFileSync('ip', args);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @returns {string} a program that is `node` in the namespace */
function makeNamespace(t) {
    t.after(() => ip('netns', 'delete', NAME));
    ip('netns', 'add', NAME);
    ip('link', 'add', `${NAME}a`, 'type', 'veth', 'peer', 'name', `${NAME}b`, 'netns', NAME);
    ip('address', 'add', `${NEAR}/24`, 'dev', `${NAME}a`);
    ip('link', 'set', `${NAME}a`, 'up');
    for (const [what, ...more] of [
        ['address', 'add', `${FAR}/24`, 'dev', `${NAME}b`],
        ['link', 'set', `${NAME}b`, 'up'],
        ['link', 'set', 'lo', 'up']
    ]) {
        ip('-n', NAME, what, ...more);
    }
    const node = path.join(temporaryFolder(t), 'node');
    fs.writeFileSync(node, `#!/bin/sh\nexec ip netns exec ${NAME} ${process.execPath} "$@"\n`, {mode: 0o755});
    return node;
}

function startRedis(t) {
    const options = ['--port', PORT, '--bind', NEAR, '--protected-mode', 'no', '--save', ''].map(String);
    const redis = spawn('redis-server', options, {stdio: 'ignore'});
    t.after(() => redis.kill('SIGKILL'));
    return `redis://${NEAR}:${PORT}`;
}

test(
    `the link of a host is down for ${DOWN_MS} ms, ${TIMES} times`,
    {timeout: 60_000 * (TIMES + 1)},
    async (t) => {
        const node = makeNamespace(t);
        const cluster = makeCluster(t, {backend: 'bullmq', url: startRedis(t)});
        const others = [await cluster.host(), await cluster.host()];
        const host = await cluster.host({node});
        const seen = [];
        for (let time = 1; time <= TIMES; time++) {
            const name = `long ${time}`;
            const job = {kind: 'script', name, afterMs: 1, ms: 3 * LEASE_MS};
            const tries = () => cluster.tries().filter(({id}) => id.startsWith(name));
            await host.ask('add', {job: {...job, inMs: 1_000}});
            await within('the run begins', FOUND_MS, () => tries().length > 0);
            await Promise.all(others.map((other) => other.ask('add', {job})));
            ip('link', 'set', `${NAME}a`, 'down');
            const downAt = Date.now();
            const failed = await host.told('failed');
            assert.equal(failed.code, 'JOB_LEASE_LOST');
            const endedMs = tries()[0].last - downAt;
            await within('it is redone', FOUND_MS, () => tries().length > 1);
            const begunMs = tries()[1].begin - downAt;
            await pause(Math.max(0, downAt + DOWN_MS - Date.now()));
            ip('link', 'set', `${NAME}a`, 'up');
            const upAt = Date.now();
            await within('it is done', FOUND_MS, () => tries().some(({isDone}) => isDone));
            // The host is there again: it gets what the others do not have.
            const back = {kind: 'inline', name: `back ${time}`, inMs: 500};
            await host.ask('add', {job: back});
            const isBack = () => cluster.tries().some(({id}) => id.startsWith(back.name));
            await within('the host takes part again', FOUND_MS, isBack);
            const backMs = Date.now() - upAt;
            assert.equal(overlapOf(tries()), 0);
            assert.deepEqual(
                tries().map(({isDone}) => isDone),
                [false, true]
            );
            seen.push({endedMs, begunMs, backMs});
        }
        const {info} = await others[0].ask('info');
        assert.equal(info.queue.completed, 2 * TIMES);
        assert.equal(info.queue.failed, 0);
        after(() =>
            console.log(
                JSON.stringify({leaseMs: LEASE_MS, downMs: DOWN_MS, seen, queue: info.queue}, undefined, 4)
            )
        );
    }
);
