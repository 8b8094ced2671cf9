'use strict';

/**
 * Creates managers, uses them, shuts them down and drops them: `node --expose-gc rounds.js ROUNDS`. Prints what
 * the process holds after the second tenth of them and after the last.
 */

const fs = require('node:fs');
const JobManager = require('../../..');
const {jobPath} = require('../support/programs');

const ROUNDS = Number(process.argv[2]);
/** Of so many rounds, one runs a job in a process. */
const OFFLOADED_EVERY = 50;

let collected = 0;
const registry = new FinalizationRegistry(() => (collected += 1));

async function round(number) {
    const manager = new JobManager({
        logger: {},
        JobModel: {findOne: async () => null, async add() {}, async edit() {}}
    });
    registry.register(manager);
    manager.addJob({name: 'often', at: 'every 1 hour', job: jobPath('completes')});
    manager.addJob({offloaded: false, name: 'inline', job: async () => {}});
    if (number % OFFLOADED_EVERY === 0) {
        const completion = manager.awaitCompletion('completes');
        manager.addJob({job: jobPath('completes')});
        await completion;
    }
    await manager.shutdown();
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

async function collect() {
    for (let turn = 0; turn < 5; turn++) {
        globalThis.gc();
        await nextTurn();
    }
}

async function holds() {
    await collect();
    const status = fs.readFileSync('/proc/self/status', 'utf8');
    return {
        descriptors: fs.readdirSync('/proc/self/fd').length,
        threads: Number(/^Threads:\s+(\d+)$/m.exec(status)[1]),
        residentMb: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)[1]) / 1024,
        heapMb: process.memoryUsage().heapUsed / 1024 / 1024
    };
}

async function main() {
    const readings = [];
    for (let number = 0; number < ROUNDS; number++) {
        await round(number);
        if ((number + 1) % (ROUNDS / 10) === 0) {
            readings.push(await holds());
        }
    }
    const [, early] = readings;
    const late = readings.at(-1);
    console.log(JSON.stringify({early, late, collected}));
}

main();
