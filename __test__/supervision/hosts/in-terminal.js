'use strict';

// A host in a terminal. Arguments: its job; a file for what came of it.

const fs = require('node:fs');
const {createManager, runOnce} = require('../../support/runs');

const [, , jobName, file] = process.argv;

const jobs = {
    /** As ssh, git and sudo do to ask for a password. */
    asks: () => {
        const {spawnSync} = require('node:child_process');
        const {status} = spawnSync('sh', ['-c', 'cat /dev/tty']);
        require('node:worker_threads').parentPort.postMessage({failed: status !== 0});
    },
    prints: () => {
        console.log('printed');
        require('node:worker_threads').parentPort.postMessage({isTTY: process.stdout.isTTY});
    },
    /** Prints before and after the terminal has gone. */
    outlives: () => {
        const {parentPort} = require('node:worker_threads');
        process.stdout.write('there\n');
        const timer = setInterval(() => {
            process.stdout.write('perhaps\n');
            if (!require('node:tty').isatty(1)) {
                clearInterval(timer);
                process.stdout.write('no more\n');
                setTimeout(() => parentPort.postMessage('went on'), 10);
            }
        }, 10);
        parentPort.postMessage('prints');
    },
    /** Prints only when the terminal has gone. */
    comesLate: () => {
        const {parentPort} = require('node:worker_threads');
        const timer = setInterval(() => {
            if (!require('node:tty').isatty(1)) {
                clearInterval(timer);
                process.stdout.write('no more\n');
                setTimeout(() => parentPort.postMessage('went on'), 10);
            }
        }, 10);
        parentPort.postMessage('prints');
    }
};

// It outlives its terminal.
process.on('SIGHUP', () => {});

async function main() {
    const host = createManager(
        {after: () => {}},
        {workerMessageHandler: ({message}) => fs.writeFileSync(`${file}.message`, JSON.stringify(message))}
    );
    const {summary, error} = await runOnce(host, {name: 'job', job: jobs[jobName]});
    fs.writeFileSync(
        `${file}.end`,
        JSON.stringify({cause: summary.cause, code: summary.exitCode, error: error?.message})
    );
}

void main();
