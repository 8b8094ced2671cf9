'use strict';

/**
 * Messages between hosts: a stream for each host, and the list of hosts. Both are kept by BullMQ's own means, so that they have
 * the prefix of the queue, and work wherever BullMQ does.
 */

const HEARTBEAT_MS = 30_000;
/** A host that has not been heard of for so long is left out. */
const GONE_AFTER_MS = 4 * HEARTBEAT_MS;
const HOST_FIELD = 'jm:host:';
const MOST_MESSAGES = 10_000;

const streamOf = (queue, host) => `${queue}.host.${host}`;

class Inbox {
    #queue;
    #options;
    #host;
    #nowMs;
    #events;
    /** Who publishes into the streams of other hosts. */
    #outboxes = new Map();
    #heartbeat;

    /**
     * @param {object} parts
     * @param {object} parts.bullmq - the module
     * @param {object} parts.queue - a Queue
     * @param {{connection: object, factory?: Function, prefix: string}} parts.options
     * @param {{id: string}} parts.host - this one, with what others see of it
     * @param {() => number} parts.nowMs - by the clock of the server: hosts may differ
     * @param {boolean} parts.isAgain - whether the messages until now were read already, by a thread that has ended
     * @param {(message: object) => void} parts.onMessage
     * @param {(error: Error) => void} parts.onError
     */
    constructor({bullmq, queue, options, host, nowMs, isAgain, onMessage, onError}) {
        this.#queue = queue;
        this.#options = options;
        this.#host = host;
        this.#nowMs = nowMs;
        const {connection, prefix, factory} = options;
        this.#events = new bullmq.QueueEvents(
            streamOf(queue.name, host.id),
            // From the first message on: BullMQ begins with the newest, and then misses those that come before it has begun to read.
            {connection, prefix, lastEventId: isAgain ? undefined : '0'},
            factory
        );
        this.#events.on('jm', ({message}) => onMessage(JSON.parse(message)));
        this.#events.on('error', onError);
    }

    /** Resolved when others see this host. Where the server is away, a later heartbeat has them see it. */
    async start() {
        this.#heartbeat = setInterval(() => void this.#beat().catch(() => {}), HEARTBEAT_MS);
        await this.#beat();
    }

    #beat() {
        return this.#queue.backend.setQueueMeta({
            [HOST_FIELD + this.#host.id]: JSON.stringify({...this.#host, seen: this.#nowMs()})
        });
    }

    /** @returns {Promise<{id: string, hostname: string, pid: number, since: number}[]>} */
    async hosts() {
        const meta = await this.#queue.backend.getQueueMeta();
        const hosts = Object.entries(meta)
            .filter(([field]) => field.startsWith(HOST_FIELD))
            .map(([, text]) => JSON.parse(text));
        const gone = hosts.filter(({seen}) => this.#nowMs() - seen > GONE_AFTER_MS);
        if (gone.length > 0) {
            await this.#queue.backend.removeQueueMetaFields(gone.map(({id}) => HOST_FIELD + id));
        }
        return hosts.filter((host) => !gone.includes(host));
    }

    /** @param {string} id - of a host */
    async send(id, message) {
        await this.#outbox(id).backend.publishEvent(
            {event: 'jm', message: JSON.stringify(message)},
            MOST_MESSAGES
        );
    }

    /** To all other hosts. */
    async broadcast(message) {
        const others = (await this.hosts()).filter(({id}) => id !== this.#host.id);
        await Promise.all(others.map(({id}) => this.send(id, message)));
    }

    #outbox(id) {
        let outbox = this.#outboxes.get(id);
        if (outbox === undefined) {
            // It shares the connection of the queue.
            outbox = {
                backend: this.#queue.backend.forQueue(streamOf(this.#queue.name, id), this.#options.prefix)
            };
            this.#outboxes.set(id, outbox);
        }
        return outbox;
    }

    async close() {
        clearInterval(this.#heartbeat);
        await this.#queue.backend.removeQueueMetaFields([HOST_FIELD + this.#host.id]).catch(() => {});
        await this.#events.close();
    }
}

module.exports = {Inbox};
