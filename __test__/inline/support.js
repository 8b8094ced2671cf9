'use strict';

const JobManager = require('../..');

/** A promise with its ends outside. */
function deferred() {
    let resolve;
    let reject;
    const promise = new Promise((...ends) => {
        [resolve, reject] = ends;
    });
    return {promise, resolve, reject};
}

/** A logger that records its lines. */
function recordingLogger() {
    const lines = {info: [], warn: [], error: []};
    const record = (level) => (line) => lines[level].push(line);
    return {lines, info: record('info'), warn: record('warn'), error: record('error')};
}

/**
 * @param {import('node:test').TestContext} t
 * @param {object} [options]
 * @returns {{manager: JobManager, errors: Error[]}} a manager that is shut down when the test ends, and the
 *   errors that it logs
 */
function createManager(t, options) {
    const logger = recordingLogger();
    const manager = new JobManager({logger, ...options});
    t.after(() => manager.shutdown());
    return {manager, errors: logger.lines.error, lines: logger.lines};
}

const gateOf = (gates, name) => gates.get(name) ?? gates.set(name, deferred()).get(name);

/** Jobs that record their begin, and end when the test lets them. */
function heldJobs() {
    const begun = [];
    const gates = new Map();
    const beginnings = new Map();
    return {
        begun,
        /** A job of that name. */
        job: (name) => () => {
            begun.push(name);
            gateOf(beginnings, name).resolve();
            return gateOf(gates, name).promise;
        },
        /** Resolves when the job has begun. */
        hasBegun: (name) => gateOf(beginnings, name).promise,
        end: (name) => gateOf(gates, name).resolve(),
        fail: (name, error) => gateOf(gates, name).reject(error)
    };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

module.exports = {createManager, deferred, heldJobs, nextTurn, recordingLogger};
