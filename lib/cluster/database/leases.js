'use strict';

const {runIdOf} = require('./run-id');

/** Taken now: a host's tests may replace them. */
const {setInterval, clearInterval} = globalThis;

/** The slots that this host has of the table, and their renewals. What counts is when a renewal was sent. */
class Leases {
    #parts;
    /** Slots by the ids of their runs. */
    #held = new Map();
    #renewal;

    /**
     * @param {object} parts
     * @param {import('./table').SlotTable} parts.table
     * @param {object} parts.link - a ClusterLink
     * @param {() => number} parts.bootMs - the clock of leases
     * @param {number} parts.leaseMs
     * @param {number} parts.lockMs - how long the table keeps a slot for its host
     * @param {(slot: object) => Promise<void>} parts.onRenewed
     * @param {(slot: object) => boolean} parts.wasWaiting - a slot is not this host's any more: whether it waited for another run
     * @param {(what: string, error: Error) => void} parts.report
     */
    constructor(parts) {
        this.#parts = parts;
    }

    /** This host has a slot from now on. */
    hold(slot) {
        this.#held.set(runIdOf(slot), slot);
        this.#renewal ??= setInterval(() => void this.#renewAll(), this.#parts.leaseMs / 3).unref();
    }

    /** @returns {object | undefined} the slot, which this host had until now */
    forget(id) {
        const slot = this.#held.get(id);
        this.#held.delete(id);
        return slot;
    }

    /** @returns {object | undefined} the slot of a run, if this host has it */
    get(id) {
        return this.#held.get(id);
    }

    has(id) {
        return this.#held.has(id);
    }

    /** @returns {[id: string, slot: object][]} what this host has now */
    entries() {
        return [...this.#held];
    }

    close() {
        clearInterval(this.#renewal);
    }

    async #renewAll() {
        for (const [id, slot] of this.#held) {
            try {
                await this.#renew(id, slot);
            } catch (error) {
                this.#parts.report(`Renewing the lease of run ${id}`, error);
            }
        }
        if (this.#held.size === 0) {
            clearInterval(this.#renewal);
            this.#renewal = undefined;
        }
    }

    async #renew(id, slot) {
        const {bootMs, leaseMs, link, lockMs, onRenewed, table, wasWaiting} = this.#parts;
        const sentMs = bootMs();
        if (await table.renew(slot, lockMs)) {
            slot.leaseUntilMs = sentMs + leaseMs;
            link.renew(id, slot.leaseUntilMs);
            await onRenewed(slot);
        } else if (wasWaiting(slot)) {
            this.forget(id);
        } else if (this.#held.get(id) === slot) {
            slot.leaseUntilMs = -Infinity;
            link.revoke(id);
        }
    }
}

module.exports = {Leases};
