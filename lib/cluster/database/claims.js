'use strict';

const {LATE_MS} = require('../server-clock');

/** Taken now: a host's tests may replace it. */
const {setTimeout} = globalThis;

const RETRY_MS = 250;

/** Claims due times. The newest slot of a job counts: after an outage there is one claim for each job, and not one for each slot that has passed. */
class Claims {
    #parts;
    /** Claims that have not been answered: the newest slot of each job. */
    #pending = new Map();
    #isClosing = false;

    /**
     * @param {object} parts
     * @param {import('./table').SlotTable} parts.table
     * @param {object} parts.link - a ClusterLink
     * @param {Map<string, object>} parts.jobs - of this host, by name
     * @param {import('../server-clock').ServerClock} parts.clock
     * @param {import('../skip-reports').SkipReports} parts.skips
     * @param {() => Promise<void>} parts.ready - when there is a table
     * @param {() => number} parts.bootMs - the clock of leases
     * @param {number} parts.leaseMs
     * @param {number} parts.lockMs - how long the table keeps a slot for its host
     * @param {(name: string, dueMs: number) => void} parts.onNear - a slot has not passed, whichever host gets it
     * @param {(slot: object) => Promise<void>} parts.onWon
     * @param {() => void} parts.onLost - another host has a slot
     * @param {(what: string, error: Error) => void} parts.report
     */
    constructor(parts) {
        this.#parts = parts;
    }

    async claim(name, dueMs) {
        const {clock, jobs, onNear, ready, report, skips} = this.#parts;
        const before = this.#pending.get(name);
        if (before !== undefined) {
            before.isOver = true;
        }
        const claim = {isOver: false};
        this.#pending.set(name, claim);
        if (await clock.hadPassed(dueMs, ready())) {
            // By the clock of this host it had yet to come, and by that of the server it was over.
            this.#answered(name, claim);
            return;
        }
        onNear(name, dueMs);
        while (!claim.isOver && !this.#isClosing && jobs.has(name)) {
            try {
                await this.#send(name, dueMs, claim);
                return;
            } catch (error) {
                report(`Claiming a slot of job "${name}"`, error);
                await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
            }
        }
        if (claim.isOver) {
            skips.add(name, dueMs, 'missed');
        }
        this.#answered(name, claim);
    }

    close() {
        this.#isClosing = true;
    }

    async #send(name, dueMs, claim) {
        const {bootMs, leaseMs, link, lockMs, onLost, onWon, table} = this.#parts;
        // The lease counts from here.
        const leaseUntilMs = bootMs() + leaseMs;
        const isOurs = await table.claim(name, dueMs, lockMs);
        this.#answered(name, claim);
        if (isOurs) {
            const isInTime = link.nowMs() - dueMs < LATE_MS;
            await onWon({name, slot: dueMs, fence: 1, isInTime, leaseUntilMs});
        } else {
            onLost();
        }
    }

    #answered(name, claim) {
        if (this.#pending.get(name) === claim) {
            this.#pending.delete(name);
        }
    }
}

module.exports = {Claims};
