'use strict';

/** Follows a run of a host to its end. */

const {setTimeout: wait} = require('node:timers/promises');
const {readEvents} = require('./event-reader');
const {EXIT, Failure} = require('./failure');

const POLL_MS = 1_000;

const readRun = (client, id) => client.get(['api', 'v1', 'runs', id]);

/** A host has places for a few streams of events only. @returns {Promise<any>} undefined where all are taken */
async function openStream(client, query) {
    const path = ['api', 'v1', 'events'];
    try {
        return await client.open({path, query, headers: {accept: 'text/event-stream'}, isLong: true});
    } catch (error) {
        if (error.code === 'TOO_MANY_CLIENTS') {
            return undefined;
        }
        throw error;
    }
}

/** Asks from time to time, where there is no stream, or the run is on another host. */
async function pollRun(client, id, onEvent) {
    for (;;) {
        const run = await readRun(client, id);
        if (run.ended !== undefined) {
            return run;
        }
        await onEvent('run progress', {progress: run.progress ?? {value: 0}});
        await wait(POLL_MS);
    }
}

/**
 * @param {import('./client').HostClient} client
 * @param {string} id - of the run
 * @param {{wantsOutput?: boolean, onEvent?: (event: string, data: any) => unknown}} [options] - `onEvent` is waited for
 * @returns {Promise<any>} the run, ended
 * @throws {Failure} if the host ends before
 */
async function followRun(client, id, {wantsOutput = false, onEvent = () => {}} = {}) {
    const stream = await openStream(client, {run: id, output: wantsOutput});
    if (stream === undefined) {
        return pollRun(client, id, onEvent);
    }
    try {
        // It may have ended before the stream was open.
        const run = await readRun(client, id);
        if (run.ended !== undefined) {
            return run;
        }
        if (run.elsewhere) {
            stream.close();
            return await pollRun(client, id, onEvent);
        }
        for await (const {event, data} of readEvents(stream.pieces)) {
            await onEvent(event, data);
            if (event === 'run ended' && data.run.id === id) {
                return await readRun(client, id);
            }
            if (event === 'gap' || event === 'reset') {
                const now = await readRun(client, id);
                if (now.ended !== undefined) {
                    return now;
                }
            }
        }
    } finally {
        stream.close();
    }
    throw new Failure(`the host ended before run ${id} did`, {exitCode: EXIT.noHost, code: 'NO_HOST'});
}

module.exports = {followRun};
