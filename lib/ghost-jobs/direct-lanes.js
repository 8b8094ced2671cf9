'use strict';

/**
 * Deliveries that are nothing but calls of the processor: in lanes of functions on the event loop, as in Ghost's own adapter. A
 * run of the manager would cost several times as much, and nothing that it can do is configured.
 */

const {InlineJobs, RunIds, within} = require('../host/package.bundle.cjs').parts;
const {Tally} = require('./tally');

class DirectLanes {
    #parts;
    /** @type {Map<string, {concurrency: number, queue: InstanceType<InlineJobs>}>} */
    #lanes = new Map();
    /** Those, and the ones that another declaration has replaced. */
    #queues = new Set();
    #ids = new RunIds();
    #going = new Set();
    #dropped = new Tally();

    /**
     * @param {object} parts
     * @param {import('./delivery').Processor} parts.processor
     * @param {number} parts.concurrency - of lanes that are not declared
     * @param {{error: Function}} parts.logger
     */
    constructor(parts) {
        this.#parts = parts;
    }

    /** @param {Record<string, number>} lanes - of the queues that Ghost has declared: their concurrency */
    declare(lanes) {
        for (const [name, concurrency] of Object.entries(lanes)) {
            if (this.#lanes.get(name)?.concurrency !== concurrency) {
                this.#open(name, concurrency);
            }
        }
    }

    /** @param {import('./arguments').Dispatch} dispatch */
    accept({envelope, queue, id}) {
        if (id !== undefined && this.#ids.get(id) !== undefined) {
            return;
        }
        const lane = this.#lanes.get(queue) ?? this.#open(queue, this.#parts.concurrency);
        const delivery = new Delivery(envelope, lane.queue, this);
        if (id !== undefined) {
            this.#ids.add(id, delivery);
        }
        lane.queue.add(delivery);
    }

    #open(name, concurrency) {
        const lane = {concurrency, queue: new InlineJobs(concurrency)};
        this.#lanes.set(name, lane);
        this.#queues.add(lane.queue);
        return lane;
    }

    /** A delivery has its turn. Never rejects. */
    async begin(delivery) {
        const {envelope, queue} = delivery;
        if (queue.isClosed) {
            this.#dropped.add(envelope.type);
            return;
        }
        const {logger, processor} = this.#parts;
        this.#going.add(delivery);
        try {
            await processor.deliver(envelope);
        } catch (error) {
            logger.error(`Job "${envelope.type}" delivery failed`, error);
        }
        this.#going.delete(delivery);
        this.#ids.ended(delivery);
    }

    /**
     * @param {{timeoutMs: number, waiting: 'finish' | 'drop'}} how
     * @returns {Promise<import('./leftovers').Leftovers>} what was not done
     */
    async shutdown({timeoutMs, waiting}) {
        if (waiting === 'drop') {
            this.#close();
        }
        await within(Promise.all(Array.from(this.#queues, (queue) => queue.idle())), timeoutMs);
        this.#close();
        return {
            going: Tally.of(Array.from(this.#going, ({envelope}) => envelope.type)),
            waiting: this.#dropped,
            areKept: false
        };
    }

    #close() {
        this.#queues.forEach((queue) => queue.close());
    }
}

/** A turn in a lane. */
class Delivery {
    constructor(envelope, queue, owner) {
        this.envelope = envelope;
        this.queue = queue;
        this.owner = owner;
    }

    begin() {
        return this.owner.begin(this);
    }
}

module.exports = {DirectLanes};
