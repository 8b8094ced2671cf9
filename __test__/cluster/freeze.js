'use strict';

/**
 * Stops a host with all that it has started, its job and its guards, as a virtual machine does that is paused.
 *
 * @param {import('node:test').TestContext} t
 * @param {{child: import('node:child_process').ChildProcess, pids: () => number[], descendants: () => number[]}} host
 * @returns {{sinceMs: number, wake: (pids?: number[]) => number}} `wake` continues all, or some, and gives the time of that
 */
function freeze(t, host) {
    host.child.kill('SIGSTOP');
    // It starts nothing more by now.
    const stopped = [...new Set([host.child.pid, ...host.descendants(), ...host.pids()])];
    signal(stopped, 'SIGSTOP');
    const sinceMs = Date.now();
    t.after(() => signal(stopped, 'SIGCONT'));
    return {
        sinceMs,
        wake(pids = stopped) {
            const atMs = Date.now();
            signal(pids, 'SIGCONT');
            return atMs;
        }
    };
}

function signal(pids, name) {
    for (const pid of pids) {
        try {
            process.kill(pid, name);
        } catch (error) {
            if (error.code !== 'ESRCH') {
                throw error;
            }
        }
    }
}

module.exports = {freeze};
