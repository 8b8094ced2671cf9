'use strict';

// Three hosts share a recurring job; one of them is killed in the middle of a run, and another one redoes that. Starts a Redis
// (redis-server) for itself, or uses another one:
//
//     node examples/cluster
//     REDIS_URL=redis://127.0.0.1:6379 node examples/cluster

const {spawn} = require('node:child_process');
const {once} = require('node:events');
const path = require('node:path');
const readline = require('node:readline');
const {useRedis} = require('./redis');

const HOSTS = ['host 1', 'host 2', 'host 3'];
/** The host of the last one of these runs is killed in its next run. */
const RUNS_BEFORE = 4;
const RUNS_IN_ALL = 8;
const LIMIT_MS = 60_000;

function startHost(name, env, onRun) {
    const host = spawn(process.execPath, [path.join(__dirname, 'host.js')], {
        env: {...process.env, ...env, HOST_NAME: name},
        stdio: ['ignore', 'pipe', 'inherit']
    });
    readline
        .createInterface(host.stdout)
        .on('line', (line) => line.startsWith('{') && onRun(JSON.parse(line)));
    return {name, host};
}

function show({slot, host, late, fence}, killed) {
    const note = fence > 1 ? `redone: ${killed} was killed in the middle of it` : '';
    console.log(`${slot.slice(11, 19)}   ${host}   ${String(late).padStart(6)} ms   ${note}`);
}

/** Resolves with the runs when one was lost and redone, and others went on. */
function watch(url) {
    const env = {REDIS_URL: url, QUEUE: `example-${process.pid}`};
    const runs = [];
    let killed;
    let isKilled = false;
    let hosts;
    const ended = new Promise((resolve, reject) => {
        const onRun = (run) => {
            runs.push(run);
            show(run, killed);
            if (runs.length === RUNS_BEFORE) {
                killed = run.host;
            } else if (run.host === killed && !isKilled) {
                isKilled = true;
                hosts.find(({name}) => name === killed).host.kill('SIGKILL');
                console.log(`           ${killed} is killed`);
            }
            if (runs.some(({fence}) => fence > 1) && runs.length >= RUNS_IN_ALL) {
                resolve(runs);
            }
        };
        console.log('slot       host      lateness');
        hosts = HOSTS.map((name) => startHost(name, env, onRun));
        setTimeout(() => reject(new Error('No run was redone within a minute')), LIMIT_MS).unref();
    });
    return {hosts, ended};
}

async function main() {
    const redis = await useRedis();
    const {hosts, ended} = watch(redis.url);
    try {
        const runs = await ended;
        const isOnce = new Set(runs.map(({slot, fence}) => `${slot} ${fence}`)).size === runs.length;
        console.log(
            isOnce ? 'Each slot ran once, and the one that was lost was redone.' : 'A slot ran twice.'
        );
        process.exitCode = isOnce ? 0 : 1;
    } finally {
        const living = hosts.filter(({host}) => host.exitCode === null && host.signalCode === null);
        living.forEach(({host}) => host.kill('SIGTERM'));
        await Promise.all(living.map(({host}) => once(host, 'exit')));
        redis.stop();
    }
}

main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
});
