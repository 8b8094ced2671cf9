'use strict';

const fs = require('node:fs');
const {childrenOf} = require('../../support/hosts');
const {eventually} = require('../../support/processes');

const MB = 1024 * 1024;
const MB_PER_KB = 1 / 1024;

const descriptors = () => fs.readdirSync('/proc/self/fd').length;

/** The processes of handlers and scripts. */
const workers = () => childrenOf(process.pid).filter((pid) => titleOf(pid).startsWith('job: '));

function titleOf(pid) {
    try {
        return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
        return '';
    }
}

function memoryMbOf(pid) {
    const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s*(\d+)/.exec(status)[1]) * MB_PER_KB;
}

async function memoryMb() {
    for (let round = 0; round < 3; round += 1) {
        globalThis.gc();
        await new Promise((resolve) => setImmediate(resolve));
    }
    return process.memoryUsage.rss() / MB;
}

/** Waits until no process is left; the guard of the processes may stay for a while. */
const noWorkers = () => eventually('the end of every worker', () => childrenOf(process.pid).length <= 1);

module.exports = {descriptors, memoryMb, memoryMbOf, noWorkers, workers};
