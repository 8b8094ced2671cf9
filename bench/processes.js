'use strict';

/** Data about processes on Linux, from /proc. */

const fs = require('node:fs');

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
    const status = readIfThere(`/proc/${pid}/stat`);
    // The name, in parentheses, may hold anything.
    const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
    return status ? Number(fields[1]) : undefined;
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

module.exports = {treePssBytes, voluntarySwitches};
