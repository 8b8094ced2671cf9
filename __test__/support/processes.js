'use strict';

const {randomUUID} = require('node:crypto');
const fs = require('node:fs');
const {setTimeout: wait} = require('node:timers/promises');

const POLL_MS = 10;
const DEADLINE_MS = 20_000;

/**
 * An environment variable by which a process and all that it starts can be found (on Linux).
 *
 * @returns {{env: Record<string, string>, pids: () => number[]}} what to start the process with, and the
 *   processes that have it and live
 */
function markedEnvironment() {
    const marker = `JOB_MANAGER_TEST_MARKER=${randomUUID()}`;
    const [name, value] = marker.split('=');
    return {env: {[name]: value}, pids: () => allPids().filter((pid) => environmentOf(pid).includes(marker))};
}

function allPids() {
    return fs
        .readdirSync('/proc')
        .filter((entry) => /^\d+$/.test(entry))
        .map(Number);
}

/** The start environment of a process: empty for one that has ended, also if it has not been waited for yet. */
function environmentOf(pid) {
    try {
        return fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    } catch {
        return [];
    }
}

/**
 * Waits until something is so that announces itself by no event, such as the end of another process's child.
 *
 * @param {string} what for the error when it never comes
 * @param {() => unknown} check called until it gives something true
 * @returns {Promise<any>} what it gave
 */
async function eventually(what, check) {
    const deadline = performance.now() + DEADLINE_MS;
    for (;;) {
        const value = check();
        if (value) {
            return value;
        }
        if (performance.now() > deadline) {
            throw new Error(`never came: ${what}`);
        }
        await wait(POLL_MS);
    }
}

/**
 * As `eventually`, but blocks the thread.
 *
 * @returns {boolean} false if it never was so
 */
function blockUntil(check) {
    const cell = new Int32Array(new SharedArrayBuffer(4));
    const deadline = performance.now() + DEADLINE_MS;
    while (performance.now() < deadline) {
        if (check()) {
            return true;
        }
        Atomics.wait(cell, 0, 0, POLL_MS / 2);
    }
    return false;
}

/** The state of a process as `/proc` has it: 'R' while it runs, 'S' while it waits. */
function stateOf(pid) {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2)[0];
}

/**
 * Makes this process another user's, where it is root's.
 *
 * @param {number} user the number of the user and of its group
 */
function leaveRoot(user) {
    if (process.getuid() === 0) {
        process.setgid(user);
        process.setuid(user);
    }
}

module.exports = {leaveRoot, markedEnvironment, eventually, blockUntil, stateOf};
