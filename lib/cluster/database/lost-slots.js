'use strict';

const {runIdOf} = require('./run-id');

/** Taken now: a host's tests may replace them. */
const {setTimeout, clearTimeout} = globalThis;
const now = Date.now;

const LEAST_WATCH_MS = 100;

/** Looks after slots of other hosts when their leases could be over, and takes over what is lost: nothing is polled while nothing runs. */
class LostSlots {
    #parts;
    #watch;
    #isClosing = false;

    /**
     * @param {object} parts
     * @param {import('./table').SlotTable} parts.table
     * @param {Map<string, object>} parts.jobs - of this host, by name
     * @param {(id: string) => boolean} parts.isOurs - whether a run goes here, or its end is just being written
     * @param {(slot: object, row: object) => Promise<void>} parts.take - this host has a slot now that another one had
     * @param {() => Promise<void>} parts.ready - when there is a table
     * @param {() => number} parts.bootMs - the clock of leases
     * @param {number} parts.leaseMs
     * @param {number} parts.lockMs - how long the table keeps a slot for its host
     * @param {(what: string, call: () => Promise<any>) => Promise<any>} parts.trying - undefined if it failed, which is logged
     */
    constructor(parts) {
        this.#parts = parts;
    }

    /** Looks once for all slots of other hosts, as late as it is of use. */
    lookSoon(afterMs = LEAST_WATCH_MS) {
        const atMs = now() + afterMs;
        if (this.#isClosing || this.#watch?.atMs <= atMs) {
            return;
        }
        clearTimeout(this.#watch?.timer);
        // Hosts that look at the same time take each other's slots.
        const timer = setTimeout(() => void this.#look(), afterMs * (1 + Math.random() / 10)).unref();
        this.#watch = {timer, atMs};
    }

    close() {
        this.#isClosing = true;
        clearTimeout(this.#watch?.timer);
    }

    async #look() {
        const {isOurs, jobs, leaseMs, lockMs, ready, table, trying} = this.#parts;
        this.#watch = undefined;
        await ready();
        const rows = await trying('Looking for lost runs', () => table.unfinished([...jobs.keys()]));
        if (rows === undefined) {
            this.lookSoon(leaseMs / 3);
            return;
        }
        for (const row of rows.filter((one) => !isOurs(runIdOf(one)))) {
            const isTaken = row.leftMs <= 0 && (await this.#takeOver(row));
            if (!isTaken) {
                // Another host has it, which may be lost as well.
                this.lookSoon(LEAST_WATCH_MS + (row.leftMs > 0 ? row.leftMs : lockMs));
            }
        }
    }

    /** @returns {Promise<boolean>} whether this host has it now */
    async #takeOver(row) {
        const {bootMs, jobs, leaseMs, lockMs, table, take, trying} = this.#parts;
        const {name, slot, fence, next} = row;
        const sentMs = bootMs();
        const isOurs = await trying(`Taking over a run of job "${name}"`, () => table.takeOver(row, lockMs));
        if (isOurs && jobs.has(name)) {
            const leaseUntilMs = sentMs + leaseMs;
            const taken = {name, slot, fence: fence + 1, next, isRedone: row.hasBegun, leaseUntilMs};
            await trying(`Beginning a run of job "${name}" again`, () => take(taken, row));
        }
        return isOurs === true;
    }
}

module.exports = {LostSlots};
