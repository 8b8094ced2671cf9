'use strict';

const {slotId} = require('./codec');
const {LATE_MS} = require('../server-clock');

/** A slot that came late for this reason and by more than this was held up by another run of its job. */
const OVERLAP_TOLERANCE_MS = 50;
/** Slots of the last moment before a server goes down are looked at again when it is back. */
const DOUBT_MS = 2_000;

/** The due times of the jobs of this host in the queue: adds them, and knows which get no run. */
class Slots {
    #queue;
    #kept;
    #link;
    #clock;
    #jobs;
    #skips;
    /** The newest slot of each job that this host has seen come near. */
    #newest = new Map();
    /** Slots that wait for an earlier run of their job to end. */
    #deduplicated = new Map();
    /** Slots that came late, after an outage, and found another slot of their job in the queue, by the job. */
    #superseded = new Map();
    /** Slots that this host has claimed of late. */
    #claimed = new Map();
    /** The last step of each job that has some left to do. */
    #turns = new Map();

    /**
     * @param {object} parts
     * @param {object} parts.queue - a Queue
     * @param {object} parts.kept - options: how long the queue keeps slots that are over
     * @param {object} parts.link - a ClusterLink
     * @param {import('../server-clock').ServerClock} parts.clock
     * @param {Map<string, object>} parts.jobs - of this host, by name
     * @param {import('../skip-reports').SkipReports} parts.skips
     */
    constructor({queue, kept, link, clock, jobs, skips}) {
        this.#queue = queue;
        this.#kept = kept;
        this.#link = link;
        this.#clock = clock;
        this.#jobs = jobs;
        this.#skips = skips;
    }

    /** A due time has come near, and is to be claimed. */
    noteNear(name, dueMs) {
        this.#newest.set(name, dueMs);
    }

    /** Each host adds the slot to the queue; the first one counts. */
    async claim(name, dueMs) {
        const job = this.#jobs.get(name);
        if (job === undefined || (await this.#clock.hadPassed(dueMs))) {
            return;
        }
        if (this.#isMissed(name, dueMs)) {
            // It had to wait for an earlier claim: the newest one makes up for it, unless another host was faster.
            this.#noteSuperseded(name, dueMs);
            return;
        }
        const jobId = slotId(name, dueMs);
        const data = {due: dueMs};
        const deduplication =
            job.overlap === 'allow' ? undefined : {id: `run.${name}`, keepLastIfActive: true};
        const options = {jobId, deduplication, ...this.#kept};
        let added = await this.#queue.add(name, data, options);
        if (added.id !== jobId && (await this.#isOver(added.id))) {
            // On PostgreSQL, a host that adds a slot whose run has ended already leaves the mark of a run that goes.
            await this.#queue.backend.removeDeduplicationKey(deduplication.id, added.id);
            added = await this.#queue.add(name, data, options);
        }
        this.#noteClaim(jobId, name, dueMs);
        const isAdded = added.id === jobId;
        await this.#inTurn(name, () => this.#noteAnswer(name, dueMs, isAdded));
    }

    /** What follows from the answers to the claims of a job depends on those before: one after the other. */
    #inTurn(name, act) {
        const turn = (this.#turns.get(name) ?? Promise.resolve()).then(act);
        const settled = turn
            .catch(() => {})
            .then(() => this.#turns.get(name) === settled && this.#turns.delete(name));
        this.#turns.set(name, settled);
        return turn;
    }

    /** The queue has taken a slot, or another slot of the job is in its way. */
    async #noteAnswer(name, dueMs, isAdded) {
        const before = this.#deduplicated.get(name);
        this.#deduplicated.delete(name);
        await this.#reportSuperseded(name, dueMs);
        if (before !== undefined && before < dueMs && (await this.#isForgotten(name, before))) {
            this.#skips.add(name, before, 'overlap');
        }
        if (isAdded) {
            return;
        }
        if (before === dueMs || this.#link.nowMs() < dueMs + OVERLAP_TOLERANCE_MS) {
            this.#deduplicated.set(name, dueMs);
        } else {
            this.#noteSuperseded(name, dueMs);
        }
    }

    /**
     * Whether the queue does not have a slot that an earlier one of its job was in the way of: a newer one has taken its place, or
     * the earlier one was waiting and not active then, for which BullMQ keeps nothing.
     */
    async #isForgotten(name, dueMs) {
        return (await this.#queue.getJob(slotId(name, dueMs))) === undefined;
    }

    /** The newest of these makes up for what passed without a host. */
    #noteSuperseded(name, dueMs) {
        this.#superseded.set(name, [...new Set(this.#superseded.get(name)).add(dueMs)]);
    }

    /** Whether a slot is late, and there is a newer one. */
    #isMissed(name, dueMs) {
        return this.#newest.get(name) > dueMs && this.#link.nowMs() - dueMs > LATE_MS;
    }

    /** A newer slot was added: the queue has the late ones before it, or never will. */
    async #reportSuperseded(name, dueMs) {
        const late = this.#superseded.get(name) ?? [];
        this.#superseded.delete(name);
        const later = late.filter((due) => due >= dueMs);
        if (later.length > 0) {
            this.#superseded.set(name, later);
        }
        for (const due of late.filter((one) => one < dueMs)) {
            if ((await this.#queue.getJobState(slotId(name, due))) === 'unknown') {
                this.#skips.add(name, due, 'missed');
            }
        }
    }

    /** Slots that may be lost with what a server that goes down has not written. */
    #noteClaim(jobId, name, dueMs) {
        for (const [id, {dueMs: at}] of this.#claimed) {
            if (at < dueMs - DOUBT_MS) {
                this.#claimed.delete(id);
            }
        }
        this.#claimed.set(jobId, {name, dueMs});
    }

    /** The server was gone, and is back when this is answered. */
    async reportForgotten() {
        for (const [jobId, {name, dueMs}] of this.#claimed) {
            if ((await this.#queue.getJobState(jobId)) === 'unknown' && !this.#deduplicated.has(name)) {
                this.#skips.add(name, dueMs, 'missed');
            }
            this.#claimed.delete(jobId);
        }
    }

    async #isOver(jobId) {
        return ['completed', 'failed', 'unknown'].includes(await this.#queue.getJobState(jobId));
    }

    /** The newest slot of a job is added, if another one has kept it out of the queue. */
    claimNewest(name) {
        return this.claim(name, this.#newest.get(name));
    }

    /** Why a slot that came late gets no run, although its job would run late. */
    reasonToSkip({name, data, stalledCounter, attemptsStarted}) {
        const lateMs = this.#link.nowMs() - data.due;
        if (stalledCounter > 0 || attemptsStarted > 1) {
            // Another host has begun it, or has given it back.
            return undefined;
        }
        const wasHeldUp = this.#deduplicated.get(name) === data.due;
        if (wasHeldUp && this.#jobs.get(name)?.overlap === 'skip' && lateMs > OVERLAP_TOLERANCE_MS) {
            this.#deduplicated.delete(name);
            return 'overlap';
        }
        return this.#isMissed(name, data.due) ? 'missed' : undefined;
    }
}

module.exports = {Slots};
