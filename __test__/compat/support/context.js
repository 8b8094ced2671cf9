'use strict';

const path = require('node:path');

const {recordLogs} = require('./logs');
const {runHost} = require('./host');

const JOBS = path.join(__dirname, '..', '..', 'fixtures', 'compat');

/**
 * What a case sees: the package under test and means to observe it. Everything made through it is ended by `dispose`.
 */
class Context {
    #managers = [];
    #target;
    // Without it a case that waits for what never comes would end the process, with the cases after it, as "pending".
    #keepAlive = setInterval(() => {}, 1_000_000);

    constructor(target) {
        this.#target = target;
        this.isOurs = target.key === 'ours';
        /** The class, as `require` gives it; loaded before a case puts a fake clock in place. */
        this.JobManager = require(target.request);
        this.logs = recordLogs();
        this.jobFile = jobFile;
        this.pick = this.pick.bind(this);
        this.create = this.create.bind(this);
        this.host = this.host.bind(this);
        this.outcome = this.outcome.bind(this);
    }

    /** What a host passes to `require` to get the package. */
    get request() {
        return this.#target.request;
    }

    /** The one of two stated results that belongs to the package under test. */
    pick(results) {
        return results[this.#target.key];
    }

    /** A manager that ends with the case. */
    create(options = {}, JobManager = this.JobManager) {
        const manager = new JobManager(options);
        this.#managers.push(manager);
        return manager;
    }

    /** Runs `main` in a host process of its own: for what ends, hangs or floods a host. */
    host(main, options) {
        return runHost(this.#target, main, options);
    }

    /**
     * How a promise settles. What upstream never settles is watched for `upstreamMs` and then called 'pending'; ours is
     * waited for.
     *
     * @returns {Promise<{state: 'resolved' | 'rejected' | 'pending', value?: unknown, error?: unknown}>}
     */
    async outcome(promise, {upstreamMs = 1_000} = {}) {
        const settled = promise.then(
            (value) => ({state: 'resolved', value}),
            (error) => ({state: 'rejected', error})
        );
        if (this.isOurs) {
            return settled;
        }
        const {promise: expired, cancel} = timer(upstreamMs);
        try {
            return await Promise.race([settled, expired.then(() => ({state: 'pending'}))]);
        } finally {
            cancel();
        }
    }

    async dispose() {
        await Promise.all(this.#managers.map(this.isOurs ? (manager) => manager.shutdown() : endUpstream));
        this.logs.restore();
        clearInterval(this.#keepAlive);
    }
}

function timer(durationMs) {
    let handle;
    const promise = new Promise((resolve) => {
        handle = setTimeout(resolve, durationMs);
    });
    return {promise, cancel: () => clearTimeout(handle)};
}

/** Upstream's own `shutdown` waits for ever on a worker that does not answer 'cancel'. */
async function endUpstream({bree}) {
    for (const kind of ['timeouts', 'intervals']) {
        for (const name of bree[kind].keys()) {
            bree.removeSafeTimer(kind, name);
        }
    }
    await Promise.all(
        [...bree.workers.values()].map((worker) => {
            worker.removeAllListeners();
            return worker.terminate();
        })
    );
    // Whoever still waits for them polls the map.
    bree.workers.clear();
}

/** The path of one of the job modules of this suite. */
function jobFile(name) {
    return path.join(JOBS, name);
}

module.exports = {Context};
