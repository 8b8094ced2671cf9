'use strict';

/** Minimum time between two log lines about failures of one recurring job. */
const PAUSE_MS = 60_000;

/** Logs failed runs of offloaded jobs for a host that has no `errorHandler`. */
class FailureLog {
    #logger;
    #nowMs;
    /** By registration, so that an entry is dropped with it. @type {WeakMap<object, {loggedMs: number, unlogged: number}>} */
    #recurring = new WeakMap();

    /**
     * @param {{error: Function}} logger
     * @param {() => number} [nowMs] - a monotonic clock
     */
    constructor(logger, nowMs = performance.now.bind(performance)) {
        this.#logger = logger;
        this.#nowMs = nowMs;
    }

    /**
     * @param {string} name - the job
     * @param {unknown} error
     * @param {object} [recurring] - the registration of a job that is due again and again
     */
    failed(name, error, recurring) {
        const unlogged = recurring ? this.#take(recurring) : 0;
        if (unlogged === undefined) {
            return;
        }
        const again = unlogged > 0 ? ` (${unlogged + 1} times since this was last logged)` : '';
        this.#logger.error(`Job "${name}" failed${again}`, error);
    }

    /** The number of failures since the last log line, or undefined if that was less than PAUSE_MS ago. */
    #take(recurring) {
        const nowMs = this.#nowMs();
        const last = this.#recurring.get(recurring);
        if (last && nowMs - last.loggedMs < PAUSE_MS) {
            last.unlogged += 1;
            return undefined;
        }
        this.#recurring.set(recurring, {loggedMs: nowMs, unlogged: 0});
        return last?.unlogged ?? 0;
    }
}

module.exports = {FailureLog};
