'use strict';

// However a host ends, nothing that it started stays.

const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const {startHost} = require('../support/hosts');
const {eventually} = require('../support/processes');

const BUSY_HOST = path.join(__dirname, 'hosts/busy-host.js');

const deaths = {
    'kill -9': (child) => child.kill('SIGKILL'),
    'kill -9 while it is blocked': (child) => {
        child.send('block');
        child.kill('SIGKILL');
    },
    'SIGTERM without a handler': (child) => child.kill('SIGTERM'),
    'process.exit': (child) => child.send('exit'),
    'an uncaught exception': (child) => child.send('throw')
};

for (const [what, end] of Object.entries(deaths)) {
    test(`${what} of the host leaves no process behind`, async (t) => {
        const {child, told, ended, pids, descendants} = startHost(t, BUSY_HOST);
        await told('ready');
        // Four jobs, two of which have started one and three processes; a spare; and the guard.
        const started = await eventually('all processes', () => {
            const found = descendants();
            return found.length === 10 && found;
        });
        end(child);
        await ended;
        await eventually('the end of every process of the host', () => pids().length === 0);
        // Also of what watched over it, which does not have the host's environment.
        await eventually('the end of the guard', () => started.every(hasEnded));
    });
}

/** A zombie that only its new parent can wait for has ended. */
function hasEnded(pid) {
    try {
        const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
        return stat[stat.lastIndexOf(')') + 2] === 'Z';
    } catch {
        return true;
    }
}
