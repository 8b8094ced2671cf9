'use strict';

/** Taken now: a host's tests may replace them. */
const {setTimeout, clearTimeout} = globalThis;

/** The table is looked at this often while a slot waits. */
const PAUSE_MS = {first: 250, most: 2_000};

/** Rules of overlap that let slots wait for runs of their job on any host. */
const SERIAL = new Set(['queue', 'queue-one', 'replace']);

/**
 * What becomes of a slot that this host has, by what the table has of its job. A host marks its slot as begun, and then looks: so of two
 * that begin at once at least one sees the other.
 *
 * @param {{slot: number, isRedone?: boolean}} mine
 * @param {{slot: number, hasBegun: boolean}[]} rows - of slots of the job whose runs have not ended
 * @param {{overlap: string, limit: number}} rule
 * @param {number} nowMs - by the clock of the cluster
 * @returns {'go' | 'wait' | 'overlap'}
 */
function standing(mine, rows, {overlap, limit}, nowMs) {
    const others = rows.filter(({slot}) => slot !== mine.slot);
    // What was begun before its host was lost is redone, unless a newer one takes its place.
    const givesWay = overlap === 'replace' || (overlap === 'queue-one' && !mine.isRedone);
    if (givesWay && others.some(({slot}) => slot > mine.slot && slot <= nowMs)) {
        return 'overlap';
    }
    const ahead = others.filter(({slot, hasBegun}) => slot < mine.slot || hasBegun);
    return ahead.length < limit ? 'go' : 'wait';
}

/** Slots of this host that wait until earlier runs of their jobs have ended, on whichever host these go. Their leases are held meanwhile. */
class WaitingSlots {
    #parts;
    /** By the name of the job. */
    #jobs = new Map();
    #isClosing = false;

    /**
     * @param {object} parts
     * @param {import('./table').SlotTable} parts.table
     * @param {() => number} parts.nowMs - the clock of the cluster
     * @param {(slot: object) => void} parts.begin - its turn has come
     * @param {(slot: object) => void} parts.drop - a newer one takes its place
     * @param {() => void} parts.onLost - a slot of another host is not renewed
     * @param {(what: string, call: () => Promise<any>) => Promise<any>} parts.trying
     */
    constructor(parts) {
        this.#parts = parts;
    }

    /** @returns {{overlap: string, limit: number} | undefined} the rule of a job whose slots wait for each other */
    static ruleOf({overlap, concurrency = 1}) {
        return SERIAL.has(overlap) ? {overlap, limit: overlap === 'replace' ? 1 : concurrency} : undefined;
    }

    /** This host has the slot, and `hasBegun` is what the table has of it. */
    add(slot, rule) {
        const known = this.#jobs.get(slot.name);
        const job = known ?? {name: slot.name, slots: [], pauseMs: PAUSE_MS.first};
        job.rule = rule;
        job.slots = [...job.slots, slot].toSorted((one, other) => one.slot - other.slot);
        job.pauseMs = PAUSE_MS.first;
        if (known === undefined) {
            this.#jobs.set(slot.name, job);
            void this.#look(job);
        } else {
            job.wake?.();
        }
    }

    /** @returns {boolean} whether the slot waited here */
    remove(slot) {
        const job = this.#jobs.get(slot.name);
        const waits = job?.slots.includes(slot) === true;
        if (waits) {
            job.slots = job.slots.filter((one) => one !== slot);
        }
        return waits;
    }

    /** A run of this host has ended. */
    ended(name) {
        this.#jobs.get(name)?.wake?.();
    }

    close() {
        this.#isClosing = true;
        for (const {wake} of this.#jobs.values()) {
            wake?.();
        }
    }

    async #look(job) {
        const {table, onLost, trying} = this.#parts;
        while (job.slots.length > 0 && !this.#isClosing) {
            const what = `Looking what a slot of job "${job.name}" waits for`;
            const rows = await trying(what, () => table.unfinished([job.name]));
            const isMarked = rows !== undefined && (await trying(what, () => this.#decide(job, rows)));
            if (rows?.some(({leftMs}) => leftMs <= 0)) {
                onLost();
            }
            if (!isMarked && job.slots.length > 0) {
                await this.#pause(job);
            }
        }
        this.#jobs.delete(job.name);
    }

    /** @returns {Promise<boolean>} whether to look again at once */
    async #decide(job, rows) {
        const {table, nowMs, begin, drop} = this.#parts;
        let isMarked = false;
        for (const slot of job.slots) {
            const answer = standing(slot, rows, job.rule, nowMs());
            if (answer === 'overlap') {
                this.remove(slot);
                drop(slot);
            } else if (answer === 'go' && slot.hasBegun) {
                this.remove(slot);
                begin(slot);
            } else if ((answer === 'go') !== slot.hasBegun) {
                await table.mark(slot, answer === 'go');
                slot.hasBegun = answer === 'go';
                isMarked ||= slot.hasBegun;
            }
        }
        return isMarked;
    }

    async #pause(job) {
        await new Promise((resolve) => {
            const timer = setTimeout(resolve, job.pauseMs);
            job.wake = () => {
                clearTimeout(timer);
                resolve();
            };
        });
        job.pauseMs = Math.min(PAUSE_MS.most, job.pauseMs * 1.5);
    }
}

module.exports = {WaitingSlots, standing};
