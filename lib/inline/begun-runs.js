'use strict';

const {AsyncLocalStorage} = require('node:async_hooks');

/**
 * The runs of scheduled inline jobs that have begun and not ended, so that `removeJob` can wait for them. A job that
 * removes itself does not wait for the run that called `removeJob`: that would be a deadlock.
 */
class BegunRuns {
    /** @type {Map<import('../host/job-scope').JobScope, Set<{ended: Promise<void>}>>} */
    #runs = new Map();
    /** The run that the caller belongs to. Disabled while there are no runs, because it slows promises down on Node.js 20 and 22. */
    #own = new AsyncLocalStorage();

    /**
     * @param {import('../host/job-scope').JobScope} scope
     * @param {() => Promise<void>} call - never rejects
     */
    async during(scope, call) {
        const run = {};
        run.ended = this.#own.run(run, call);
        const runs = this.#runs.get(scope) ?? new Set();
        this.#runs.set(scope, runs.add(run));
        await run.ended;
        runs.delete(run);
        if (runs.size === 0) {
            this.#runs.delete(scope);
        }
        if (this.#runs.size === 0) {
            this.#own.disable();
        }
    }

    /** @returns {{ended: Promise<void>, othersEnded: Promise<void>}} all runs, and all but the one that the caller belongs to */
    of(scope) {
        const own = this.#own.getStore();
        const runs = [...(this.#runs.get(scope) ?? [])];
        const others = runs.filter((run) => run !== own);
        return {ended: whenAll(runs), othersEnded: whenAll(others)};
    }
}

async function whenAll(runs) {
    await Promise.all(runs.map((run) => run.ended));
}

module.exports = {BegunRuns};
