'use strict';

/** A job that is due while the host's event loop is blocked. */

const {Inbox, delay, jobFile, toMs, wallToMonotonicMs} = require('../talk');

module.exports = {
    name: 'blocked host',
    measurements: [
        {
            name: 'lateness of a job due in the middle of 2 s without an event loop',
            unit: 'ms',
            baseline: 'upstream',
            goal: {ratioAtMost: 0.1},
            params: {blockedMs: 2_000},
            tiny: {blockedMs: 20}
        }
    ],

    async run({load, params: {blockedMs}}) {
        const inbox = new Inbox();
        const manager = new (load())({workerMessageHandler: ({message}) => inbox.push(message)});
        const offsetMs = wallToMonotonicMs();
        const at = new Date(Date.now() + blockedMs);
        await manager.addJob({at, name: 'due', job: jobFile('first-line.js')});
        await delay(blockedMs / 2);
        block(blockedMs);
        return toMs(await inbox.next()) - (at.getTime() + offsetMs);
    }
};

function block(durationMs) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}
