'use strict';

const {clockOffset} = require('./clock');

/** Taken now: a host's tests may replace them. */
const {setInterval, clearInterval} = globalThis;
const now = Date.now;

const PERIOD_MS = 5 * 60 * 1000;
/** A slot that is not begun by then is late. */
const LATE_MS = 1_000;

/** Keeps the clock of the manager at that of the server. */
class ServerClock {
    #readServer;
    #link;
    #skewMs;
    #trying;
    #offsetMs;
    #readMs = -Infinity;
    #timer;
    #known = Promise.resolve();

    /**
     * @param {object} parts
     * @param {() => Promise<number>} parts.readServer - the clock of the server, in ms since 1970
     * @param {object} parts.link - a ClusterLink
     * @param {number} parts.skewMs - what tests have this host be wrong by
     * @param {(call: () => Promise<true>) => Promise<true | undefined>} parts.trying - undefined if it failed, which is logged
     */
    constructor({readServer, link, skewMs, trying}) {
        this.#readServer = readServer;
        this.#link = link;
        this.#skewMs = skewMs;
        this.#trying = trying;
        this.#offsetMs = skewMs;
        link.setClockOffset(skewMs);
    }

    /** From now on it is read again and again. */
    start() {
        this.#timer = setInterval(() => void this.read(), PERIOD_MS);
        this.#known = this.read();
    }

    /** Resolved when the clock of the server has been read, or could not be. */
    get known() {
        return this.#known;
    }

    async read() {
        this.#readMs = now();
        const isRead = await this.#trying(async () => {
            this.#offsetMs = await clockOffset(this.#readServer, {skewMs: this.#skewMs, now});
            this.#link.setClockOffset(this.#offsetMs);
            return true;
        });
        if (!isRead) {
            this.#readMs = -Infinity;
        }
    }

    /** For who does not `start` it. */
    async readIfOld() {
        if (now() - this.#readMs >= PERIOD_MS) {
            await this.read();
        }
    }

    /**
     * @param {number} dueMs
     * @param {Promise<void>} [known] - resolved when the clock of the server has been read
     * @returns {Promise<boolean>} whether a due time that came near by the clock of this host was over by that of the server
     */
    async hadPassed(dueMs, known = this.#known) {
        const [seenMs, offsetMs] = [this.#link.nowMs(), this.#offsetMs];
        await known;
        const correctionMs = this.#offsetMs - offsetMs;
        return correctionMs !== 0 && seenMs + correctionMs - dueMs > LATE_MS;
    }

    close() {
        clearInterval(this.#timer);
    }
}

module.exports = {LATE_MS, ServerClock};
