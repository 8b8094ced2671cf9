'use strict';

const {runIdOf} = require('./run-id');

/** Taken now: a host's tests may replace it. */
const {setTimeout} = globalThis;

/** The lease of a slot was looked at so long after it could be over. */
const MARGIN_MS = 100;
/** How often a run that ends is looked at, before another one of its job is begun. */
const LOOK_MS = 100;

/** One-off jobs in the table: the claim of a row is a slot at the time of the claim, which its host begins at once. */
class OneOffs {
    #parts;

    /**
     * @param {object} parts
     * @param {object} parts.host - what the manager gives to an adapter
     * @param {import('./table').SlotTable} parts.table
     * @param {object} parts.link - a ClusterLink
     * @param {import('./leases').Leases} parts.leases
     * @param {() => number} parts.bootMs - the clock of leases
     * @param {() => Promise<void>} parts.ready - when there is a table
     * @param {number} parts.leaseMs
     * @param {number} parts.lockMs - how long the table keeps a run for its host
     * @param {(id: string, end: {kind: string}) => void} parts.release - this host has a slot no more
     * @param {(afterMs: number) => void} parts.lookSoon - looks after slots of other hosts
     * @param {(what: string, call: () => Promise<any>) => Promise<any>} parts.trying - undefined if it failed, which is logged
     */
    constructor(parts) {
        this.#parts = parts;
    }

    /** This host has claimed the row of a job: begins its run. Nothing is begun if another host has claimed the row since, and has a run. */
    async claim(name) {
        const {bootMs, leaseMs, link, lockMs, ready, table} = this.#parts;
        await ready();
        if (!(await this.#haveEnded(name))) {
            return;
        }
        const claimed = {name, slot: Math.round(link.nowMs()), fence: 1};
        claimed.leaseUntilMs = bootMs() + leaseMs;
        while (!(await table.claim(name, claimed.slot, lockMs))) {
            // One that has ended within the same millisecond.
            claimed.slot += 1;
        }
        await this.#begin(claimed);
    }

    /** @returns {Promise<boolean>} whether all runs of the job have ended: one that has just written its row is waited for */
    async #haveEnded(name) {
        const {bootMs, lockMs, table} = this.#parts;
        const endMs = bootMs() + 2 * lockMs;
        while ((await table.unfinished([name])).length > 0) {
            if (bootMs() > endMs) {
                return false;
            }
            await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        }
        return true;
    }

    /** @returns {Promise<{state: string, id?: string}>} what the table has of a job, and of which run */
    async state(name) {
        const {lookSoon, ready, table} = this.#parts;
        await ready();
        const rows = await table.unfinished([name]);
        if (rows.length > 0) {
            const leftMs = Math.min(...rows.map((row) => row.leftMs));
            lookSoon(Math.max(0, leftMs) + MARGIN_MS);
            return {state: 'coming'};
        }
        const slot = await table.last(name);
        return slot === undefined ? {state: 'unknown'} : {state: 'ended', id: runIdOf({name, slot})};
    }

    /** This host has the slot of another one now: `loss` is `onHostLoss` of the job, unless it was given back. */
    async takeOver(slot, {loss}) {
        const newest = await this.#parts.table.last(slot.name);
        if (newest === slot.slot) {
            await this.#begin(slot, loss);
        } else {
            // The row has been claimed again since.
            await this.#parts.table.end(slot);
        }
    }

    /** @returns {Promise<boolean>} whether no other host may have a run of this one */
    async confirm(id) {
        const {bootMs, leases, lockMs, table, trying} = this.#parts;
        const slot = leases.get(id);
        if (slot === undefined || bootMs() < slot.leaseUntilMs) {
            return slot !== undefined;
        }
        // The event loop was blocked, perhaps: nobody may have taken it since.
        return (await trying(`Renewing the lease of run ${id}`, () => table.renew(slot, lockMs))) === true;
    }

    async #begin(slot, loss) {
        const {host, leases, release} = this.#parts;
        const {name, fence, next, leaseUntilMs} = slot;
        const id = runIdOf(slot);
        leases.hold(slot);
        try {
            await host.beginOneOff({name, id, grant: {id, fence, leaseUntilMs, ...next}, loss});
        } catch {
            // The answers of the database took as long as the lease, or the manager shuts down.
            release(id, {kind: 'back'});
        }
    }
}

module.exports = {OneOffs};
