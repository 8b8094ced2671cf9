'use strict';

// Three hosts share a recurring job; one of them is killed in the middle of a run, and another one redoes that. Needs a Redis:
//
//     REDIS_URL=redis://127.0.0.1:6379 node examples/cluster

const {spawn} = require('node:child_process');
const path = require('node:path');
const readline = require('node:readline');

const SLOTS_BEFORE = 4;
const SLOTS_AFTER = 4;

const slots = [];
let killed;
let redone;

function start(name, QUEUE, onRun) {
    const env = {...process.env, QUEUE, HOST_NAME: name};
    const host = spawn(process.execPath, [path.join(__dirname, 'host.js')], {
        env,
        stdio: ['ignore', 'pipe', 'inherit']
    });
    readline
        .createInterface(host.stdout)
        .on('line', (line) => line.startsWith('{') && onRun(JSON.parse(line)));
    return {name, host};
}

function show({slot, host, late, fence, trigger}) {
    const note =
        fence > 1 ? `redone: ${killed} was killed in the middle of it` : trigger === 'missed' ? 'late' : '';
    console.log(`${slot.slice(11, 19)}   ${host}   ${String(late).padStart(6)} ms   ${note}`);
}

function main() {
    const queue = `example-${process.pid}`;
    let end;
    const ended = new Promise((resolve) => {
        end = resolve;
    });
    const onRun = (run) => {
        slots.push(run);
        show(run);
        if (slots.length === SLOTS_BEFORE) {
            // From now on the runs of this host take long: it is killed in the next one.
            killed = run.host;
        } else if (run.host === killed && redone === undefined) {
            hosts.find(({name}) => name === killed).host.kill('SIGKILL');
            console.log(`           ${killed} is killed`);
            redone = run.slot;
        }
        if (
            redone !== undefined &&
            slots.some(({fence}) => fence > 1) &&
            slots.length >= SLOTS_BEFORE + SLOTS_AFTER
        ) {
            end();
        }
    };
    console.log('slot       host      lateness');
    const hosts = ['host 1', 'host 2', 'host 3'].map((name) => start(name, queue, onRun));
    return ended.then(() => {
        hosts.forEach(({host}) => host.kill('SIGTERM'));
        const names = slots.map(({slot, fence}) => `${slot} ${fence}`);
        const isOnce = new Set(names).size === names.length;
        console.log(
            isOnce ? 'Each slot ran once, and the one that was lost was redone.' : 'A slot ran twice.'
        );
        process.exitCode = isOnce ? 0 : 1;
    });
}

main();
