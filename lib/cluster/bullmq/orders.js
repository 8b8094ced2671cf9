'use strict';

/**
 * Orders of one host to all hosts: pauses, and cancellations of runs that have begun. Each order is sent as a message, and is kept with the
 * queue for hosts that start later or have missed the message. A host misses it when it was cut off until it was no longer in the list of
 * hosts, or, on PostgreSQL, when the message was committed after a later one.
 */

/** Taken now: a host's tests may replace them. */
const {setInterval, clearInterval} = globalThis;

const PAUSED_FIELD = 'jm:paused:';
const ALL_PAUSED_FIELD = 'jm:paused-all';
const CANCELLED_FIELD = 'jm:cancelled:';
const LOOK_PERIOD_MS = 30_000;
/** A cancellation is kept for so long: some looks. */
const CANCELLATION_KEPT_MS = 10 * 60 * 1000;

class Orders {
    #queue;
    #inbox;
    #nowMs;
    #onOrder;
    #trying;
    /** What this host has followed, as the queue keeps it, by field. */
    #followed = new Map();
    /** Orders of this host that the queue may not have yet, by field. */
    #unkept = new Map();
    /** Changes with each order, so that what was read before it does not count. */
    #version = 0;
    #isLooking = false;
    #isLookWanted = false;
    #timer;

    /**
     * @param {object} parts
     * @param {object} parts.queue - a Queue
     * @param {import('./inbox').Inbox} parts.inbox
     * @param {() => number} parts.nowMs - by the clock of the server
     * @param {(order: object, isKept: boolean) => void} parts.onOrder - this host is to follow an order of another one: `isKept` if it
     *   finds that with the queue, and may have been given long ago
     * @param {(call: () => Promise<void>) => Promise<void>} parts.trying - does not reject
     */
    constructor({queue, inbox, nowMs, onOrder, trying}) {
        this.#queue = queue;
        this.#inbox = inbox;
        this.#nowMs = nowMs;
        this.#onOrder = onOrder;
        this.#trying = trying;
    }

    start() {
        this.#timer = setInterval(() => this.lookSoon(), LOOK_PERIOD_MS);
    }

    /** An order of this host, which follows it itself. */
    async give(given) {
        const order = given.kind === 'cancel' ? {...given, atMs: this.#nowMs()} : given;
        this.#note(order);
        this.#unkept.set(fieldOf(order), order);
        await this.#keepAll();
    }

    /** A message of another host. */
    take(order) {
        this.#note(order);
        this.#unkept.delete(fieldOf(order));
        this.#onOrder(order, false);
    }

    /** This host has a job, which may be paused since before that. */
    async added(name) {
        const text = await this.#queue.backend.getQueueMetaField(PAUSED_FIELD + name);
        if (text !== null && text !== undefined) {
            this.#follow(PAUSED_FIELD + name, text);
        }
    }

    /** Follows what it has missed, once the server answers. */
    lookSoon() {
        this.#isLookWanted = true;
        if (!this.#isLooking) {
            this.#isLooking = true;
            void this.#lookWhileWanted();
        }
    }

    async #lookWhileWanted() {
        while (this.#isLookWanted) {
            this.#isLookWanted = false;
            await this.#trying(() => this.#look());
        }
        this.#isLooking = false;
    }

    async #look() {
        await this.#keepAll();
        const fields = await this.#read();
        const ended = [...this.#followed.keys()].filter((field) => !fields.has(field));
        for (const field of ended) {
            const order = JSON.parse(this.#followed.get(field));
            this.#followed.delete(field);
            if (order.kind !== 'cancel') {
                this.#onOrder({kind: ENDED_BY[order.kind], name: order.name}, true);
            }
        }
        for (const [field, text] of fields) {
            if (this.#followed.get(field) !== text) {
                this.#follow(field, text);
            }
        }
        await this.#forgetOld(fields);
    }

    /** @returns {Promise<Map<string, string>>} what the queue keeps */
    async #read() {
        for (;;) {
            const version = this.#version;
            const meta = await this.#queue.backend.getQueueMeta();
            if (version === this.#version) {
                return new Map(Object.entries(meta).filter(([field]) => isOrder(field)));
            }
        }
    }

    async #keepAll() {
        for (const [field, order] of this.#unkept) {
            if (isEnd(order)) {
                await this.#queue.backend.removeQueueMetaFields([field]);
            } else {
                await this.#queue.backend.setQueueMeta({[field]: JSON.stringify(order)});
            }
            await this.#inbox.broadcast({type: 'steered', order});
            if (this.#unkept.get(field) === order) {
                this.#unkept.delete(field);
            }
        }
    }

    #note(order) {
        this.#version += 1;
        if (isEnd(order)) {
            this.#followed.delete(fieldOf(order));
        } else {
            this.#followed.set(fieldOf(order), JSON.stringify(order));
        }
    }

    #follow(field, text) {
        this.#followed.set(field, text);
        this.#onOrder(JSON.parse(text), true);
    }

    async #forgetOld(fields) {
        const isOld = ([field, text]) =>
            field.startsWith(CANCELLED_FIELD) && this.#nowMs() - JSON.parse(text).atMs > CANCELLATION_KEPT_MS;
        const old = [...fields].filter(isOld).map(([field]) => field);
        if (old.length > 0) {
            await this.#queue.backend.removeQueueMetaFields(old);
        }
    }

    close() {
        clearInterval(this.#timer);
    }
}

const ENDED_BY = {pause: 'resume', pauseAll: 'resumeAll'};
const isEnd = ({kind}) => Object.values(ENDED_BY).includes(kind);
const isOrder = (field) =>
    field === ALL_PAUSED_FIELD || field.startsWith(PAUSED_FIELD) || field.startsWith(CANCELLED_FIELD);

/** Where the queue keeps an order, or that which it ends. */
function fieldOf({kind, name, id}) {
    switch (kind) {
        case 'cancel':
            return CANCELLED_FIELD + id;
        case 'pause':
        case 'resume':
            return PAUSED_FIELD + name;
        default:
            return ALL_PAUSED_FIELD;
    }
}

module.exports = {Orders};
