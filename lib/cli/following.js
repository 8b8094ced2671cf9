'use strict';

/** Follows a run of a host to its end. */

const {readEvents} = require('./event-reader');
const {EXIT, Failure} = require('./failure');

/**
 * @param {import('./client').HostClient} client
 * @param {string} id - of the run
 * @param {{wantsOutput?: boolean, onEvent?: (event: string, data: any) => unknown}} [options] - `onEvent` is waited for
 * @returns {Promise<any>} the run, ended
 * @throws {Failure} if the host ends before
 */
async function followRun(client, id, {wantsOutput = false, onEvent = () => {}} = {}) {
    const stream = await client.open({
        path: ['api', 'v1', 'events'],
        query: {run: id, output: wantsOutput},
        headers: {accept: 'text/event-stream'},
        isLong: true
    });
    try {
        // It may have ended before the stream was open.
        const run = await client.get(['api', 'v1', 'runs', id]);
        if (run.ended !== undefined) {
            return run;
        }
        for await (const {event, data} of readEvents(stream.pieces)) {
            await onEvent(event, data);
            if (event === 'run ended' && data.run.id === id) {
                return await client.get(['api', 'v1', 'runs', id]);
            }
            if (event === 'gap' || event === 'reset') {
                const now = await client.get(['api', 'v1', 'runs', id]);
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
