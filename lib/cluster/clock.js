'use strict';

/** How far the clock of this host is from that of the server, as well as it can be told. */

const SAMPLES = 5;
/** Less than this is left: two readings differ by as much. */
const LEAST_MS = 5;

/**
 * @param {() => Promise<number>} readServer - the clock of the server, in ms since 1970
 * @param {{skewMs: number, now: () => number}} host - `skewMs` is what tests have the host be wrong by
 * @returns {Promise<number>} what is to be added to the clock of the system
 */
async function clockOffset(readServer, {skewMs, now}) {
    let best = {tripMs: Infinity, wrongByMs: 0};
    for (let sample = 0; sample <= SAMPLES; sample++) {
        const sentMs = now();
        const serverMs = await readServer();
        const readMs = now();
        const tripMs = readMs - sentMs;
        // The first one may have waited for the connection.
        if (sample > 0 && tripMs < best.tripMs) {
            best = {tripMs, wrongByMs: (sentMs + readMs) / 2 + skewMs - serverMs};
        }
    }
    const isRight = Math.abs(best.wrongByMs) <= LEAST_MS + best.tripMs / 2;
    return isRight ? skewMs : Math.round(skewMs - best.wrongByMs);
}

module.exports = {clockOffset};
