'use strict';

/**
 * What the cluster of a host is, for pages and for the API: asked for when somebody looks, once a second at most however many
 * look, and never waited for long. While the server of the queue is away a page has what was known last, and says so.
 */

const {clearTimeout, setTimeout} = require('node:timers');
const {HttpError} = require('./http-error');

/** An answer counts for so long. */
const FRESH_MS = 1_000;
/** How long a page waits for the queue; and for one that has not answered the last time. */
const LIMIT_MS = 500;
const SHORT_LIMIT_MS = 50;
/** How long an action, or the search for one run, waits. */
const LONG_LIMIT_MS = 5_000;
/** A question that has no answer for so long is asked again. */
const ASK_AGAIN_MS = 10_000;
const LATE = Symbol('late');
const nowMs = performance.now.bind(performance);

/**
 * @typedef {object} ClusterState
 * @property {string} instance - the id of this host
 * @property {boolean} isAnswering - whether the queue has answered now
 * @property {import('../../index').ClusterInfo} [info] - the last answer; undefined if there was none yet
 * @property {Date} [at] - when that was
 */

class ClusterReader {
    #jobManager;
    #instance;
    /** Whether the host is in a cluster: a manager is made with one, or without. */
    #isAlone;
    #info;
    #at;
    #isAnswering = true;
    #answeredMs = -Infinity;
    #question;
    #askedMs;

    /** @param {import('../../index')} jobManager */
    constructor(jobManager) {
        this.#jobManager = jobManager;
        this.#isAlone = typeof jobManager.clusterInfo !== 'function';
    }

    /** @returns {Promise<ClusterState | undefined>} soon; undefined for a host that is in no cluster */
    async read() {
        if (!this.#isAlone && nowMs() - this.#answeredMs >= FRESH_MS) {
            await this.#ask();
        }
        if (this.#isAlone) {
            return undefined;
        }
        return {instance: this.#instance, isAnswering: this.#isAnswering, info: this.#info, at: this.#at};
    }

    /**
     * @param {string} id
     * @param {{isForPage?: boolean}} [options] - a page is not held up for long
     * @returns {Promise<import('../../index').ClusterRun | undefined>} a run that this host may not have
     * @throws {HttpError} 503 CLUSTER_UNREACHABLE
     */
    async run(id, {isForPage = false} = {}) {
        if (typeof this.#jobManager.clusterRun !== 'function') {
            return undefined;
        }
        return this.answered(this.#jobManager.clusterRun(id), isForPage ? this.#limitMs : LONG_LIMIT_MS);
    }

    /**
     * @template T
     * @param {Promise<T>} asked - of the queue
     * @param {number} [limitMs]
     * @returns {Promise<T>}
     * @throws {HttpError} 503 CLUSTER_UNREACHABLE, if there is no answer in time; or as `asked` does
     */
    async answered(asked, limitMs = LONG_LIMIT_MS) {
        const answer = await within(asked, limitMs);
        if (answer === LATE) {
            // It may still fail, and nobody waits for it.
            asked.catch(() => {});
            throw unreachable();
        }
        return answer;
    }

    get #limitMs() {
        return this.#isAnswering ? LIMIT_MS : SHORT_LIMIT_MS;
    }

    async #ask() {
        if (this.#question === undefined || nowMs() - this.#askedMs > ASK_AGAIN_MS) {
            this.#askedMs = nowMs();
            const question = this.#jobManager
                .clusterInfo()
                .then(
                    (info) => this.#took(info),
                    () => this.#failed()
                )
                .then(() => {
                    this.#question = this.#question === question ? undefined : this.#question;
                });
            this.#question = question;
        }
        if ((await within(this.#question, this.#limitMs)) === LATE) {
            this.#isAnswering = false;
        }
    }

    #took(info) {
        this.#isAlone = info === undefined;
        this.#instance ??= this.#jobManager.stats().instance;
        this.#isAnswering = true;
        this.#answeredMs = nowMs();
        this.#info = info;
        this.#at = new Date();
    }

    #failed() {
        this.#isAnswering = false;
        this.#answeredMs = nowMs();
    }
}

async function within(promise, limitMs) {
    let timer;
    const limit = new Promise((resolve) => {
        timer = setTimeout(resolve, limitMs, LATE);
    });
    try {
        return await Promise.race([promise, limit]);
    } finally {
        clearTimeout(timer);
    }
}

const unreachable = () =>
    new HttpError(503, 'CLUSTER_UNREACHABLE', 'The queue of the cluster does not answer', {
        help: 'What runs goes on for as long as its leases do. The log of the host says what is wrong',
        headers: {'retry-after': '5'}
    });

module.exports = {ClusterReader, unreachable};
