'use strict';

const {codedError} = require('./failures');

/** States of BullMQ in which a run has no host. */
const WAITING = new Set(['waiting', 'prioritized', 'delayed', 'waiting-children']);
/** A cancellation is remembered for so long by a host that does not have the run yet. */
const REMEMBERED_MS = 10_000;

/** Cancels runs of the queue, wherever they are. */
class Cancelling {
    #find;
    #orders;
    #post;
    #answer;
    /** Ids of runs that other hosts have cancelled of late, with their reasons. */
    #lately = new Map();

    /**
     * @param {object} parts
     * @param {(id: string, name: string | undefined) => Promise<object | undefined>} parts.find - a run in its queue, by its id and job
     * @param {import('./orders').Orders} parts.orders
     * @param {(message: object) => void} parts.post - to the event loop of the host
     * @param {(job: object, end: {error: object}) => void} parts.answer - to the host that waits for a run
     */
    constructor({find, orders, post, answer}) {
        this.#find = find;
        this.#orders = orders;
        this.#post = post;
        this.#answer = answer;
    }

    /** @returns {Promise<string | undefined>} the state of the run, as it was then */
    async cancel({id, name, reason}) {
        const find = () => this.#find(id, name);
        const job = await find();
        const state = await job?.getState();
        if (state !== 'active' && !WAITING.has(state)) {
            return state;
        }
        // From here on no host begins it.
        await this.#mark(job, reason, find);
        const now = await job.getState();
        if (now === 'active') {
            await this.#stop(id, reason);
        } else if (WAITING.has(now)) {
            this.#answer(job, {error: cancelled(id, reason)});
            this.#noteOneOff(job);
            if (job.data.due === undefined) {
                // Refused if a host looks at it: then that ends it. A slot stays: a host that is late would add it again.
                await job.remove().catch(() => {});
            }
        }
        return now === 'failed' && (await this.#hasHeeded(find, id, reason)) ? state : now;
    }

    /** Whether a run failed because its host has found the mark, before this was looked at again. */
    async #hasHeeded(find, id, reason) {
        return (await find())?.failedReason === cancelled(id, reason).message;
    }

    /** The row of a one-off job is written by the host, also where no host has begun it. */
    #noteOneOff({name, data}) {
        if (data.run !== undefined) {
            this.#post({type: 'oneOffCancelled', name});
        }
    }

    /** Its host ends it, or who redoes it if that host is lost. */
    async #stop(id, reason) {
        const order = {kind: 'cancel', id, reason};
        this.take(order);
        this.#post({type: 'steered', order});
        await this.#orders.give(order);
    }

    async #mark(job, reason, find) {
        try {
            await job.updateData({...job.data, cancelled: {reason}});
        } catch (error) {
            // It has ended, and is not kept.
            if ((await find()) !== undefined) {
                throw error;
            }
        }
    }

    /** An order of a host. The run may be on its way to this one. */
    take({kind, id, reason}) {
        if (kind === 'cancel') {
            this.#lately.set(id, reason ?? this.#lately.get(id));
            setTimeout(() => this.#lately.delete(id), REMEMBERED_MS).unref();
        }
    }

    /** @throws {Error} JOB_CANCELLED for a run that was cancelled before this host has begun it */
    check(job, id) {
        const mark = job.data.cancelled;
        if (mark !== undefined || this.#lately.has(id)) {
            this.#noteOneOff(job);
            throw cancelled(id, mark?.reason ?? this.#lately.get(id));
        }
    }
}

function cancelled(id, reason) {
    const why = reason === undefined ? '' : `: ${reason}`;
    return codedError(`The run ${id} was cancelled before it began${why}`, 'JOB_CANCELLED');
}

module.exports = {Cancelling};
