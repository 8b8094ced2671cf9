'use strict';

const {within} = require('../host/deadline');
const {StoreError} = require('../host/errors');
const {safely} = require('../host/safe-call');

/** Taken now: a host may replace it by a clock that stands still. */
const nowMs = performance.now.bind(performance);

/** The steps of `shutdown` that concern the native side: `Lifecycle` decides when each of them is taken. */
class Closing {
    #parts;

    /** @param {object} parts - of the manager (lib/manager/parts.js) */
    constructor(parts) {
        this.#parts = parts;
    }

    /** Stops schedules and workers. */
    async stopWorkers(timeoutMs, waiting) {
        const startedMs = nowMs();
        const {adding, bree, clustering, jobs, native, runs, settle} = this.#parts;
        jobs.disarmAll();
        clustering?.closing();
        runs.close();
        if (bree.isReplaced('stop')) {
            return {timedOut: Boolean(await bree.stop()), survivors: []};
        }
        // The native side does not accept Infinity.
        const limitMs = Math.min(timeoutMs, Number.MAX_SAFE_INTEGER);
        const left = () => Math.max(0, limitMs - (nowMs() - startedMs));
        if (waiting !== 'drop' && adding.hasHandlers) {
            const drained = settle((request) => native.drain(request));
            await within(drained, limitMs);
        }
        return settle((request) => native.shutdown(request, left()));
    }

    /** The cluster is left last: until then this host has its runs, and writes their rows. */
    async leaveCluster(limitMs) {
        await this.#parts.clustering?.close(limitMs);
    }

    /** Everything has ended, or the time limit was reached. */
    finish() {
        this.#closeCompletions();
        this.#closeStore();
    }

    #closeCompletions() {
        const {completions, inline, jobs} = this.#parts;
        completions.close((name, isRegistered) => (isRegistered ? jobs.isComing(name) : !inline.isIdle));
        if (!inline.isIdle) {
            // The time limit was reached. What runs all the same settles its own promises.
            void inline.idle().then(() => completions.close(() => false));
        }
    }

    #closeStore() {
        const {logger, native} = this.#parts;
        try {
            native.closeStore();
        } catch (error) {
            safely(logger, 'The logger', () => logger.error(new StoreError(error)));
        }
    }
}

module.exports = {Closing};
