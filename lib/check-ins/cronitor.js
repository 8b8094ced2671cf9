'use strict';

const os = require('node:os');
const {send} = require('./request');
const {below, webAddress} = require('./web-address');
const {invalid} = require('../host/options');

/** What the service calls what happens to a job. */
const STATES = {started: 'run', completed: 'complete', failed: 'fail', paused: 'pause', resumed: 'ok'};
const LONGEST_MESSAGE = 2_000;

/**
 * Cronitor's telemetry: `state=run`, then `complete` or `fail` with the same `series`; `pause` and `ok` when the job is paused and
 * resumed.
 *
 * @param {import('../check-ins').CronitorOptions} options
 * @returns {import('../check-ins').CheckInService}
 * @throws {IncorrectUsageError} INVALID_OPTION
 */
function cronitor({key, apiKey = process.env.CRONITOR_API_KEY, env, url = 'https://cronitor.link/p'}) {
    for (const [name, value] of Object.entries({key, apiKey})) {
        if (typeof value !== 'string' || value === '') {
            const other = name === 'apiKey' ? ', or set the variable CRONITOR_API_KEY' : '';
            throw invalid(`The option "${name}" of cronitor() must be a string that is not empty${other}`);
        }
    }
    const base = below(webAddress('"url" of cronitor()', url), apiKey, key);
    return {
        service: 'cronitor',
        async checkIn({kind, run, rid, signal}) {
            if (kind === 'cancelled') {
                return;
            }
            const address = new URL(base);
            const query = {state: STATES[kind], series: rid, host: os.hostname(), env, ...factsOf(kind, run)};
            for (const [name, value] of Object.entries(query)) {
                if (value !== undefined) {
                    address.searchParams.set(name, value);
                }
            }
            await send(address, {signal});
        }
    };
}

function factsOf(kind, run) {
    if (run === undefined || kind === 'started') {
        return {};
    }
    return {
        message: run.error?.message.slice(0, LONGEST_MESSAGE),
        status_code: run.exitCode,
        metric: run.elapsedMs === undefined ? undefined : `duration:${run.elapsedMs / 1_000}`
    };
}

module.exports = {cronitor};
