'use strict';

/** A run that was taken within this part of its lease has its lock; it need not be asked for before the run begins. */
const FRESH_PART = 1 / 6;

/** The runs that this host has of the queue, and their renewals. What counts is when a renewal was sent. */
class Leases {
    #link;
    #bootMs;
    #leaseMs;
    #lockMs;
    #trying;
    /** By the ids of the queue. */
    #live = new Map();
    /** The same, by the ids of the runs. */
    #byRun = new Map();
    #isRenewing = false;
    #renewal;

    /**
     * @param {object} parts
     * @param {object} parts.link - a ClusterLink
     * @param {() => number} parts.bootMs - the clock of leases
     * @param {number} parts.leaseMs
     * @param {number} parts.lockMs - how long the queue keeps a run for its host
     * @param {(call: () => Promise<void>) => Promise<void>} parts.trying
     */
    constructor({link, bootMs, leaseMs, lockMs, trying}) {
        this.#link = link;
        this.#bootMs = bootMs;
        this.#leaseMs = leaseMs;
        this.#lockMs = lockMs;
        this.#trying = trying;
        this.#renewal = setInterval(() => void this.#renewAll(), leaseMs / 3);
    }

    /** @returns {Promise<number | undefined>} until when this host has the run, by the clock of leases; not any more if undefined */
    async leaseOf(job, token) {
        const agoMs = Date.now() - job.processedOn;
        if (job.data.due === undefined && agoMs >= 0 && agoMs < this.#leaseMs * FRESH_PART) {
            // BullMQ stamps a job when it sends the request for it.
            return this.#bootMs() - agoMs + this.#leaseMs;
        }
        const sentMs = this.#bootMs();
        return (await job.extendLock(token, this.#lockMs)) === 1 ? sentMs + this.#leaseMs : undefined;
    }

    /**
     * This host has the run until it is settled.
     *
     * @param {{job: object, token: string, id: string, worker: object, untilMs: number}} run - `worker` of BullMQ has taken it; `untilMs`:
     *   until when this host has it, by the clock of leases
     * @param {(live: object) => void} begin
     * @returns {Promise<object>} how it ended
     */
    async hold({job, token, id, worker, untilMs}, begin) {
        const live = {job, token, id, worker, untilMs};
        const ended = new Promise((resolve) => {
            live.resolve = resolve;
        });
        this.#live.set(job.id, live);
        this.#byRun.set(id, live);
        begin(live);
        const end = await ended;
        if (live.written !== undefined) {
            // The next host is to know of it.
            await live.written;
        }
        this.#live.delete(job.id);
        this.#byRun.delete(id);
        return end;
    }

    /** Whether the lease of a run lasts: no other host has it. */
    isHeld(id) {
        return this.#bootMs() < (this.#byRun.get(id)?.untilMs ?? -Infinity);
    }

    /** A run of this host has ended, by its id. */
    settle(id, end) {
        this.#byRun.get(id)?.resolve(end);
    }

    /** An attempt of a run has failed: a host that gets the run goes on with the next one. */
    keepAttempt(id, next) {
        const live = this.#byRun.get(id);
        if (live !== undefined) {
            const {written} = live;
            live.written = this.#trying(async () => {
                await written;
                await this.#writeAttempt(live, next);
            });
        }
    }

    /** Only while the run is this host's: what is sent may arrive late. */
    async #writeAttempt({job, token}, next) {
        if ((await job.extendLock(token, this.#lockMs)) === 1) {
            await job.updateData({...job.data, next: {...next, of: job.attemptsMade}});
        }
    }

    /** @returns {string[]} runs of a job with an earlier due time than this */
    olderRuns(name, dueMs) {
        const runs = [...this.#live.values()].filter(({job}) => job.name === name && job.data.due < dueMs);
        return runs.map(({id}) => id);
    }

    settleAll(end) {
        for (const live of this.#live.values()) {
            live.resolve(end);
        }
    }

    async #renewAll() {
        if (this.#isRenewing || this.#live.size === 0) {
            return;
        }
        this.#isRenewing = true;
        const byWorker = new Map();
        for (const live of this.#live.values()) {
            const runs = byWorker.get(live.worker) ?? [];
            runs.push(live);
            byWorker.set(live.worker, runs);
        }
        await Promise.all([...byWorker].map(([worker, runs]) => this.#renew(worker, runs)));
        this.#isRenewing = false;
    }

    /** One command for all runs of a queue. */
    async #renew(worker, runs) {
        const sentMs = this.#bootMs();
        await this.#trying(async () => {
            const ids = runs.map(({job}) => job.id);
            const lost = new Set(
                await worker.extendJobLocks(
                    ids,
                    runs.map(({token}) => token),
                    this.#lockMs
                )
            );
            for (const live of runs) {
                const {job, id} = live;
                live.untilMs = lost.has(job.id) ? -Infinity : sentMs + this.#leaseMs;
                if (!lost.has(job.id)) {
                    this.#link.renew(id, live.untilMs);
                } else if (this.#live.has(job.id)) {
                    this.#link.revoke(id);
                }
            }
        });
    }

    close() {
        clearInterval(this.#renewal);
    }
}

module.exports = {Leases};
