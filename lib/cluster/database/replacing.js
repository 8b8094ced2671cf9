'use strict';

/** Taken now: a host's tests may replace it. */
const {setTimeout} = globalThis;

/** Jobs with `overlap: 'replace'`: when a slot is due, the host that has an earlier run ends that. The slot waits until it has ended. */
class Replacing {
    #parts;

    /**
     * @param {object} parts
     * @param {object} parts.link - a ClusterLink
     * @param {import('./table').SlotTable} parts.table
     * @param {Map<string, object>} parts.jobs - of this host, by name
     * @param {import('./leases').Leases} parts.leases
     */
    constructor(parts) {
        this.#parts = parts;
    }

    /** A slot comes near, whichever host claims it. */
    slotNear(name, dueMs) {
        if (this.#replaces(name)) {
            const untilDueMs = Math.max(0, dueMs - this.#parts.link.nowMs());
            setTimeout(() => this.#endOlder(name, dueMs), untilDueMs).unref();
        }
    }

    /** The lease of a run was renewed. Another host may have a slot that this one does not know of. */
    async renewed({name, slot, isGranted}) {
        const {link, table} = this.#parts;
        if (isGranted && this.#replaces(name)) {
            const rows = await table.unfinished([name]);
            const newer = rows.filter((row) => row.slot > slot && row.slot <= link.nowMs());
            newer.forEach((row) => this.#endOlder(name, row.slot));
        }
    }

    #replaces(name) {
        return this.#parts.jobs.get(name)?.overlap === 'replace';
    }

    #endOlder(name, dueMs) {
        for (const [id, slot] of this.#parts.leases.entries()) {
            if (slot.name === name && slot.slot < dueMs && slot.isGranted) {
                this.#parts.link.replace(id);
            }
        }
    }
}

module.exports = {Replacing};
