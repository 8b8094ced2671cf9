'use strict';

const {AsyncLocalStorage} = require('node:async_hooks');

/**
 * Runs of scheduled inline jobs that have begun and not ended, for whoever removes the job and waits for them. A job
 * that removes itself does not wait for the run that it does so in: neither would ever end.
 */
class BegunRuns {
    /** @type {Map<import('../host/job-scope').JobScope, Set<{ended: Promise<void>}>>} */
    #runs = new Map();
    /** The run that the caller is in. Enabled only while there are runs: it slows promises down on Node.js 20 and 22. */
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

    /** @returns {{ended: Promise<void>, othersEnded: Promise<void>}} all runs; all but the one that this is called in */
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
