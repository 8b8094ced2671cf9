'use strict';

/** Data about processes on Linux, from /proc. */

const fs = require('node:fs');

/** What Linux counts processor time in. */
const TICK_MS = 10;

/** The processes below one, itself included. */
function treeOf(rootPid) {
    const children = new Map();
    for (const entry of fs.readdirSync('/proc')) {
        const pid = Number(entry);
        const parent = Number.isInteger(pid) ? parentOf(pid) : undefined;
        if (parent !== undefined) {
            children.set(parent, [...(children.get(parent) ?? []), pid]);
        }
    }
    const tree = [rootPid];
    for (const pid of tree) {
        tree.push(...(children.get(pid) ?? []));
    }
    return tree;
}

/**
 * Proportional set size of a tree of processes, in bytes: memory that several processes share counts once. Zero for
 * what has ended meanwhile.
 */
function treePssBytes(rootPid) {
    return treeOf(rootPid).reduce((sum, pid) => sum + pssBytes(pid), 0);
}

/**
 * Processor time of a tree of processes, in ms, with that of the processes that have ended and were waited for. The
 * system counts in steps of 10 ms.
 */
function treeCpuMs(rootPid) {
    return treeOf(rootPid).reduce((sum, pid) => sum + cpuTicks(pid) * TICK_MS, 0);
}

/** How often the threads of this process have gone to sleep and been woken up. */
function voluntarySwitches() {
    return fs
        .readdirSync('/proc/self/task')
        .map((thread) => readIfThere(`/proc/self/task/${thread}/status`))
        .reduce(
            (sum, status) => sum + Number(status.match(/^voluntary_ctxt_switches:\s+(\d+)/m)?.[1] ?? 0),
            0
        );
}

function parentOf(pid) {
    const fields = statusOf(pid);
    return fields ? Number(fields[1]) : undefined;
}

/** User and system time, of the process and of its children that were waited for. */
function cpuTicks(pid) {
    const times = statusOf(pid)?.slice(11, 15) ?? [];
    return times.reduce((sum, ticks) => sum + Number(ticks), 0);
}

/** The fields of a process's status from its state on. */
function statusOf(pid) {
    const status = readIfThere(`/proc/${pid}/stat`);
    // The name, in parentheses, may hold anything.
    return status ? status.slice(status.lastIndexOf(')') + 2).split(' ') : null;
}

function pssBytes(pid) {
    const kilobytes = readIfThere(`/proc/${pid}/smaps_rollup`).match(/^Pss:\s+(\d+) kB/m)?.[1];
    return Number(kilobytes ?? 0) * 1_024;
}

/** A process may end between any two looks at it. */
function readIfThere(file) {
    try {
        return fs.readFileSync(file, 'utf8');
    } catch {
        return '';
    }
}

module.exports = {treeCpuMs, treePssBytes, voluntarySwitches};
