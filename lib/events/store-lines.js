'use strict';

/** What is logged of the store. */

const runsOf = (runs) => (runs === 1 ? '1 run waits' : `${runs} runs wait`);

/** Runs of a job that has not been defined a minute after the start. */
function orphanLine({job, runs, haveFailed}) {
    if (haveFailed) {
        return `Job "${job}" has not been defined: its runs in the store have failed, ${runs} of them (orphanRuns: 'fail')`;
    }
    return (
        `Job "${job}" has not been defined, and ${runsOf(runs)} for it in the store. They stay there: define the job with ` +
        "defineJob(), or let such runs fail with store: {orphanRuns: 'fail'}"
    );
}

/** The store cannot keep anything now. `message` names the file and what to do. */
function failingLine({code, message}) {
    return `${message} (${code}). Until then what happens is not kept; it is tried again`;
}

const WORKING_LINE = 'The store keeps again what it is given, and what had happened meanwhile';

/** The store cannot be opened, and the host has said that it can do without. */
function inMemoryLine({code, message}) {
    return `${message} (${code}). The manager goes on without a store, in memory (onError: 'memory'): nothing outlives this host`;
}

module.exports = {WORKING_LINE, failingLine, inMemoryLine, orphanLine};
