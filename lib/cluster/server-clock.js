'use strict';

const {clockOffset} = require('../clock');
const {serverTime} = require('./backend');

const PERIOD_MS = 5 * 60 * 1000;
/** A slot that is not begun by then is late. */
const LATE_MS = 1_000;

/** Keeps the clock of the manager at that of the server. */
class ServerClock {
    #queue;
    #link;
    #skewMs;
    #trying;
    #offsetMs;
    #timer;
    #known;

    /**
     * @param {object} parts
     * @param {object} parts.queue - a Queue
     * @param {object} parts.link - a ClusterLink
     * @param {number} parts.skewMs - what tests have this host be wrong by
     * @param {(call: () => Promise<void>) => Promise<void>} parts.trying
     */
    constructor({queue, link, skewMs, trying}) {
        this.#queue = queue;
        this.#link = link;
        this.#skewMs = skewMs;
        this.#trying = trying;
        this.#offsetMs = skewMs;
        link.setClockOffset(skewMs);
        this.#timer = setInterval(() => void this.#read(), PERIOD_MS);
        this.#known = this.#read();
    }

    /** Resolved when the clock of the server has been read, or could not be. */
    get known() {
        return this.#known;
    }

    /** @returns {Promise<boolean>} whether a due time that came near by the clock of this host was over by that of the server */
    async hadPassed(dueMs) {
        const [seenMs, offsetMs] = [this.#link.nowMs(), this.#offsetMs];
        await this.#known;
        const correctionMs = this.#offsetMs - offsetMs;
        return correctionMs !== 0 && seenMs + correctionMs - dueMs > LATE_MS;
    }

    async #read() {
        await this.#trying(async () => {
            const host = {skewMs: this.#skewMs, now: Date.now};
            this.#offsetMs = await clockOffset(() => serverTime(this.#queue), host);
            this.#link.setClockOffset(this.#offsetMs);
        });
    }

    close() {
        clearInterval(this.#timer);
    }
}

module.exports = {LATE_MS, ServerClock};
