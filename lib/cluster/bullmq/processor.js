'use strict';

const {fenceOf, resumedOf, runIdOfJob} = require('./codec');
const {codedError} = require('./failures');

/** A host that does not know a job leaves it to the others for so long; after some tries, when none may have it, for longer. */
const LEAVE_MS = {first: 20, most: 5_000};
const SHORT_LEAVES = 25;
/** How long the host's event loop may take to take a run, before another host gets it. */
const TAKE_LIMIT_MS = 500;
/** Where the queue keeps the last slot of a job that a host has begun. */
const LAST_FIELD = 'jm:last:';
/** The state of an offer; 1 is taken (`member.js`). */
const OFFERED = 0;
const WITHDRAWN = 2;

/** What this host does with a run that a Worker of BullMQ has taken: has the engine or the event loop begin it, and waits for its end. */
class Processor {
    #parts;
    #isClosing = false;

    /**
     * @param {object} parts
     * @param {object} parts.bullmq - the module
     * @param {object} parts.queue - a Queue
     * @param {Map<string, object>} parts.jobs - of this host, by name
     * @param {object} parts.link - a ClusterLink
     * @param {import('./leases').Leases} parts.leases
     * @param {import('./slots').Slots} parts.slots
     * @param {() => import('./serial').SerialQueues} parts.serial
     * @param {import('./cancelling').Cancelling} parts.cancelling
     * @param {import('../skip-reports').SkipReports} parts.skips
     * @param {(message: object) => void} parts.post - to the event loop of the host
     * @param {(call: () => Promise<void>) => Promise<void>} parts.trying
     */
    constructor(parts) {
        this.#parts = parts;
    }

    /** @returns {Promise<string | null | undefined>} the last slot of a job that a host has begun */
    lastOf(name) {
        return this.#parts.queue.backend.getQueueMetaField(LAST_FIELD + name);
    }

    /** From now on what is taken is given back. */
    closing() {
        this.#isClosing = true;
    }

    /**
     * The processor of a Worker.
     *
     * @param {object} job - of BullMQ
     * @param {string} token - of its lock
     * @param {object} worker - which has taken it
     * @param {object} [lane] - of a job whose slots wait for each other (`serial.js`)
     * @returns {Promise<unknown>} what BullMQ keeps as its value. Rejects as BullMQ has it when it is not this host that ends the run
     */
    async process(job, token, worker, lane) {
        if (this.#isClosing) {
            return this.#giveBack(job, token);
        }
        const {bullmq, cancelling, jobs, leases, post, serial} = this.#parts;
        const id = runIdOfJob(job);
        cancelling.check(job, id);
        const known = jobs.get(job.name);
        if (known === undefined) {
            return this.#leave(job, token, lane);
        }
        const leaseUntilMs = await leases.leaseOf(job, token);
        if (leaseUntilMs === undefined) {
            // Another host has it by now.
            throw new bullmq.WaitingError();
        }
        const loss = job.stalledCounter > 0 ? known.onHostLoss : undefined;
        const isOneOff = job.data.run !== undefined;
        if (loss === 'fail' && !isOneOff) {
            post({type: 'hostLost', name: job.name, id, slot: job.data.due});
            throw hostLost(job.name, id);
        }
        const grant = {id, fence: fenceOf(job), leaseUntilMs, ...resumedOf(job)};
        const isSlot = job.data.due !== undefined && job.attemptsMade === 0;
        const end = await leases.hold({job, token, id, worker, untilMs: leaseUntilMs}, (live) => {
            if (!isSlot) {
                this.#offer(live, grant, {isOneOff, loss});
            } else if (lane !== undefined) {
                void serial().grant(lane, live, grant);
            } else {
                this.#grantSlot(live, grant);
            }
        });
        return this.#finish(job, token, end, known, lane);
    }

    #grantSlot(live, grant) {
        const {queue, skips, slots, trying} = this.#parts;
        const {name, data} = live.job;
        const reason = slots.reasonToSkip(live.job);
        if (reason !== undefined) {
            skips.add(name, data.due, reason);
            void trying(() => this.#skipTo(live, reason));
            return;
        }
        void trying(() => queue.backend.setQueueMeta({[LAST_FIELD + name]: data.due}));
        this.beginSlot(live, grant);
    }

    /** The engine begins the run of a slot. */
    beginSlot(live, grant) {
        const {name, data} = live.job;
        try {
            const answer = this.#parts.link.grant(name, data.due, grant);
            if (answer !== 'accepted') {
                live.resolve({kind: 'skipped', reason: answer});
            }
        } catch (error) {
            live.resolve({kind: error.code === 'JOB_UNKNOWN' ? 'unknown' : 'back'});
        }
    }

    /** A slot that is skipped for a newer one may have kept that out of the queue: it is added before this one ends. */
    async #skipTo(live, reason) {
        try {
            if (reason === 'missed') {
                await this.#parts.slots.claimNewest(live.job.name);
            }
        } finally {
            live.resolve({kind: 'skipped', reason});
        }
    }

    /** The event loop of the host begins the run. One that is blocked does not hold it up: it goes to another host. */
    #offer(live, grant, kind) {
        const {job} = live;
        const state = new Int32Array(new SharedArrayBuffer(4));
        const {bytes, priority, attempts, timeout} = job.data;
        this.#parts.post({
            type: 'offer',
            state,
            name: job.name,
            id: live.id,
            bytes,
            priority,
            attempts,
            timeout,
            grant,
            ...kind
        });
        setTimeout(() => {
            if (Atomics.compareExchange(state, 0, OFFERED, WITHDRAWN) === OFFERED) {
                live.resolve({kind: 'unknown'});
            }
        }, TAKE_LIMIT_MS);
    }

    async #finish(job, token, end, {onHostLoss}, lane) {
        switch (end.kind) {
            case 'completed':
                return end.value;
            case 'skipped':
                return {skipped: end.reason};
            case 'unknown':
                return this.#leave(job, token, lane);
            case 'failed':
                throw failure(end, this.#parts.bullmq);
            default:
                if (end.kind === 'lost' && onHostLoss === 'fail' && job.data.run !== undefined) {
                    // Once its lock is over, it is found as lost by a host that then writes its row.
                    throw new this.#parts.bullmq.WaitingError();
                }
                if (end.kind === 'lost' && onHostLoss === 'fail' && !this.#isClosing) {
                    throw hostLost(job.name, runIdOfJob(job));
                }
                return this.#giveBack(job, token);
        }
    }

    /** Another host may have it, at once. */
    async #giveBack(job, token) {
        if (job.opts.priority > 0) {
            // `moveToWait` wakes no other host for a job with a priority: it would wait for up to `drainDelay`.
            await job.moveToDelayed(Date.now() + 1, token, {skipAttempt: true}).catch(() => {});
            throw new this.#parts.bullmq.DelayedError();
        }
        // Refused where another host has it already.
        await job.moveToWait(token).catch(() => {});
        throw new this.#parts.bullmq.WaitingError();
    }

    /** This host cannot run it: it leaves it to others for a while. */
    async #leave(job, token, lane) {
        if (lane !== undefined) {
            // Its place in the queue counts.
            await new Promise((resolve) => setTimeout(resolve, LEAVE_MS.first));
            return this.#giveBack(job, token);
        }
        const doublings = Math.min(10, Math.max(0, job.attemptsStarted - SHORT_LEAVES));
        const pauseMs = Math.min(LEAVE_MS.most, LEAVE_MS.first * 2 ** doublings);
        await job.moveToDelayed(Date.now() + pauseMs, token, {skipAttempt: true}).catch(() => {});
        throw new this.#parts.bullmq.DelayedError();
    }
}

/** The error that BullMQ shows of a run that failed; its envelope goes to the host that waits for the run. */
function failure({message, stack, envelope}, {UnrecoverableError}) {
    return Object.assign(new UnrecoverableError(message), {stack, envelope});
}

function hostLost(name, id) {
    const message = `The run ${id} of job "${name}" was lost: its host died or was cut off, and the job is not to be redone (onHostLoss: 'fail')`;
    return codedError(message, 'JOB_HOST_LOST');
}

module.exports = {Processor};
