'use strict';

/** A run that was taken so lately has its lock. */
const FRESH_MS = 500;

/** The runs that this host has of the queue, and their renewals. What counts is when a renewal was sent. */
class Leases {
    #worker;
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
     * @param {object} parts.worker - of BullMQ
     * @param {object} parts.link - a ClusterLink
     * @param {() => number} parts.bootMs - the clock of leases
     * @param {number} parts.leaseMs
     * @param {number} parts.lockMs - how long the queue keeps a run for its host
     * @param {(call: () => Promise<void>) => Promise<void>} parts.trying
     */
    constructor({worker, link, bootMs, leaseMs, lockMs, trying}) {
        this.#worker = worker;
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
        if (job.data.due === undefined && agoMs >= 0 && agoMs < FRESH_MS) {
            // BullMQ stamps a job when it sends the request for it.
            return this.#bootMs() - agoMs + this.#leaseMs;
        }
        const sentMs = this.#bootMs();
        return (await job.extendLock(token, this.#lockMs)) === 1 ? sentMs + this.#leaseMs : undefined;
    }

    /**
     * This host has the run until it is settled.
     *
     * @param {{job: object, token: string, id: string, untilMs: number}} run - `untilMs`: until when this host has it, by the clock of
     *   leases
     * @param {(live: object) => void} begin
     * @returns {Promise<object>} how it ended
     */
    async hold({job, token, id, untilMs}, begin) {
        const live = {job, token, id, untilMs};
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

    settleAll(end) {
        for (const live of this.#live.values()) {
            live.resolve(end);
        }
    }

    /** One command for all runs. */
    async #renewAll() {
        if (this.#isRenewing || this.#live.size === 0) {
            return;
        }
        this.#isRenewing = true;
        const runs = [...this.#live.values()];
        const sentMs = this.#bootMs();
        await this.#trying(async () => {
            const ids = runs.map(({job}) => job.id);
            const lost = new Set(
                await this.#worker.extendJobLocks(
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
        this.#isRenewing = false;
    }

    close() {
        clearInterval(this.#renewal);
    }
}

module.exports = {Leases};
