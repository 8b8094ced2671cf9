'use strict';

const {oneOffId, runIdOfJob} = require('./codec');

/** How often a run that ends is looked at, before another one of its job is added. */
const LOOK_MS = 100;
const OVER = new Set(['completed', 'failed']);

/** One-off jobs in the queue: whoever has claimed the row of one adds its run. They have one id, so that there is one run at most. */
class OneOffs {
    #queue;
    #kept;
    #hostId;
    #lockMs;

    /**
     * @param {object} parts
     * @param {object} parts.queue - a Queue
     * @param {object} parts.kept - how long it keeps a run that has ended: whether it has can be asked for so long
     * @param {string} parts.hostId - of this host
     * @param {number} parts.lockMs - how long the queue keeps a run for its host
     */
    constructor({queue, kept, hostId, lockMs}) {
        this.#queue = queue;
        this.#kept = kept;
        this.#hostId = hostId;
        this.#lockMs = lockMs;
    }

    /** This host has claimed the row of a one-off job. @returns {Promise<{run: string}>} the id of its run */
    async add({name, id, data, priority = 0}) {
        const jobId = oneOffId(name);
        await this.#removeEarlier(jobId);
        await this.#queue.add(
            name,
            {...data, run: id, priority, reply: this.#hostId},
            {
                jobId,
                priority: 101 - priority,
                removeOnComplete: this.#kept,
                removeOnFail: this.#kept
            }
        );
        const added = await this.#queue.getJob(jobId);
        return {run: added === undefined ? id : runIdOfJob(added)};
    }

    /** The run of an earlier claim has failed, or is of no use: its row has been claimed since. One that goes on is left. */
    async #removeEarlier(jobId) {
        const endMs = Date.now() + 2 * this.#lockMs;
        for (;;) {
            const job = await this.#queue.getJob(jobId);
            const state = await job?.getState();
            if (job === undefined || state === 'unknown') {
                return;
            }
            if (state !== 'active') {
                // Refused if a host has taken it since.
                await job.remove().catch(() => {});
            } else if (Date.now() > endMs) {
                return;
            } else {
                // It has written its row, and is about to end.
                await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
            }
        }
    }

    /** @returns {Promise<{state: string, run?: string}>} what the queue has of a one-off job */
    async state({name}) {
        const job = await this.#queue.getJob(oneOffId(name));
        const state = (await job?.getState()) ?? 'unknown';
        const shown = OVER.has(state) || state === 'unknown' ? state : 'coming';
        return {state: shown, run: job && runIdOfJob(job)};
    }
}

module.exports = {OneOffs};
