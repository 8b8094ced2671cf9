'use strict';

/** How runs are put into words, whether they are of this process (`RunInfo`) or came as JSON. */

const os = require('node:os');
const {formatBytes, formatTook} = require('./times');
const {oneLine} = require('./text');

/** As `timeout(1)`. */
const TIME_LIMIT = 124;
/** As a shell shows a process that was killed by SIGKILL. */
const MEMORY_LIMIT = 137;
const OF_SIGNALS = 128;

const TIME_CAUSES = new Set(['timeout', 'stalled']);

/** @param {number | string} signal - its number, or its name already */
const signalName = (signal) =>
    Object.keys(os.constants.signals).find((name) => os.constants.signals[name] === signal) ?? String(signal);

/** @returns {string} how a run or an attempt ended, in a word or two: `completed`, `exit 1`, `SIGKILL` */
function outcome({state, cause, exitCode, signal}) {
    if (state !== undefined && state !== 'failed') {
        return state;
    }
    switch (cause) {
        case 'exit':
        case 'exited':
            return exitCode === undefined ? 'exit' : `exit ${exitCode}`;
        case 'signal':
            return signal === undefined ? 'signal' : signalName(signal);
        case 'timeout':
            return 'time limit';
        case 'memory':
            return 'memory limit';
        case 'start':
            return 'not started';
        default:
            return cause ?? state ?? '–';
    }
}

/** The same as a part of a sentence: `exit code 1`. */
function reason(ended) {
    return ended.exitCode !== undefined && ended.cause?.startsWith('exit')
        ? `exit code ${ended.exitCode}`
        : outcome(ended);
}

/** `after 41.0 s · cpu 12.3 s · peak 188 MB` */
function effort({elapsedMs, cpuMs, peakMemoryBytes}) {
    const parts = [
        elapsedMs !== undefined && `after ${formatTook(elapsedMs)}`,
        cpuMs > 0 && `cpu ${formatTook(cpuMs)}`,
        peakMemoryBytes > 0 && `peak ${formatBytes(peakMemoryBytes)}`
    ];
    return parts.filter(Boolean).join(' · ');
}

/** How long a run took, or has taken. */
function took({elapsedMs, started, ended}) {
    if (elapsedMs !== undefined) {
        return formatTook(elapsedMs);
    }
    return started !== undefined && ended === undefined
        ? formatTook(Math.max(0, Date.now() - new Date(started)))
        : '–';
}

/** @returns {number} the exit code of a program that ran this job */
function exitCodeOf({state, cause, exitCode, signal}) {
    if (state === 'completed') {
        return 0;
    }
    if (TIME_CAUSES.has(cause)) {
        return TIME_LIMIT;
    }
    if (cause === 'memory') {
        return MEMORY_LIMIT;
    }
    if (cause === 'signal' && signal > 0) {
        return OF_SIGNALS + signal;
    }
    return exitCode > 0 ? exitCode : 1;
}

/** A run's error, in a line. Of an error of this package the message says all. */
const errorLine = ({error}) =>
    error && oneLine(error.name === 'JobError' ? error.message : `${error.name}: ${error.message}`);

module.exports = {OF_SIGNALS, effort, errorLine, exitCodeOf, outcome, reason, signalName, took};
