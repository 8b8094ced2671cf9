'use strict';

// Asks for runs until a spare waits for the next one, and then has nothing more to do.

const fs = require('node:fs');
const {setTimeout: delay} = require('node:timers/promises');
const JobManager = require('../../..');
const {childrenOf} = require('../../support/hosts');
const {runEnd, silentLogger} = require('../../support/runs');

const PAUSE_MS = 500;

/** The processes below this one but the guard. */
const spares = () => childrenOf(process.pid).filter((pid) => !commandOf(pid).includes('guard')).length;

/** Empty for a process that has ended. */
function commandOf(pid) {
    try {
        return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
        return '';
    }
}

async function main() {
    const manager = new JobManager({logger: silentLogger()});
    for (let index = 0; spares() === 0; index += 1) {
        const ended = runEnd(manager, `job-${index}`);
        await manager.addJob({name: `job-${index}`, job: () => {}});
        await ended;
        await delay(PAUSE_MS);
    }
}

process.on('exit', () => process.send({what: 'exit', spares: spares()}));
process.channel.unref();
main();
