'use strict';

/**
 * `@tryghost/job-manager/job`: what a job script reports with, without the manager and its addon.
 *
 * In a process of this package `run` is the run. Anywhere else (plain `node file.js`, a worker thread, the old package)
 * every call is harmless: `log` prints, the rest does nothing. So a job file stays portable.
 */

const {PermanentJobError} = require('./wire/permanent');

const RUN = Symbol.for('@tryghost/job-manager.run');

/** The run of a script that runs outside of a job manager. */
const nowhere = {
    id: '',
    name: '',
    attempt: 1,
    attempts: 1,
    trigger: 'now',
    due: undefined,
    fence: undefined,
    signal: new AbortController().signal,
    progress() {},
    heartbeat() {},
    log(message, fields, level = 'info') {
        // oxlint-disable-next-line no-console -- a script by hand has no other log
        const print = level === 'error' || level === 'warn' ? console.error : console.log;
        print(...[message, fields].filter((part) => part !== undefined));
    },
    result() {}
};

/** Looked up at each use: a process that is kept has another run each time. */
const run = new Proxy(nowhere, {
    get(target, key) {
        const source = globalThis[RUN] ?? target;
        const value = source[key];
        return typeof value === 'function' ? value.bind(source) : value;
    }
});

module.exports = {run, PermanentJobError};
