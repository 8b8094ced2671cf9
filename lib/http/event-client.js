'use strict';

/** One client of the event stream. */

const {OF_OUTPUT} = require('./event-messages');

/** A client that leaves more than this unread is sent nothing but what it has missed, once it reads on. */
const MOST_UNSENT_BYTES = 256 * 1024;
/** A client that reads nothing for so many heartbeats is disconnected: it holds the place of another. */
const MOST_STALLED = 8;

/**
 * Where a stream of text goes: the response of a server.
 *
 * @typedef {object} Sink
 * @property {(text: string) => void} write
 * @property {() => void} end - after what was written
 * @property {() => void} destroy - at once
 * @property {() => number} unsent - bytes that were written and not taken yet
 * @property {() => boolean} isClosing - the server takes no more connections, and waits for the end of those it has
 * @property {(callback: () => void) => void} onDrain - called each time when all that was written has been taken
 * @property {(callback: () => void) => void} onClose - called once the other end is gone
 */

/**
 * @typedef {object} Message
 * @property {string} event
 * @property {string} id
 * @property {string} data - JSON
 * @property {string} [job]
 * @property {string} [runId]
 */

/** @param {Partial<Message>} message @returns {string} as it is sent */
const encode = ({event, id, data = '{}'}) =>
    `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`;

class EventClient {
    #sink;
    #filter;
    #missed = 0;
    #lastId;
    #stalled = 0;
    #unsentBefore = 0;

    /**
     * @param {Sink} sink
     * @param {{job?: string, run?: string, output?: boolean}} filter - what it wants to hear of
     */
    constructor(sink, filter) {
        this.#sink = sink;
        this.#filter = filter;
        sink.onDrain(() => this.#tellGap());
    }

    /** Whether it wants to hear of what runs print and log. */
    get wantsOutput() {
        return this.#filter.output === true;
    }

    /** Whether the server waits for its end. */
    get isClosing() {
        return this.#sink.isClosing();
    }

    /** How often a browser connects again. */
    open(retryMs) {
        this.#sink.write(`retry: ${retryMs}\n\n`);
    }

    /** @param {Message} message */
    send(message) {
        if (!this.#wants(message)) {
            return;
        }
        this.#lastId = message.id ?? this.#lastId;
        if (this.#isFull()) {
            this.#missed += 1;
            return;
        }
        this.#tellGap();
        this.#sink.write(encode(message));
    }

    /** Shows proxies, and this side, that the connection lives. */
    heartbeat() {
        if (this.#isFull()) {
            const unsent = this.#sink.unsent();
            this.#stalled = unsent < this.#unsentBefore ? 0 : this.#stalled + 1;
            this.#unsentBefore = unsent;
            if (this.#stalled >= MOST_STALLED) {
                this.#sink.destroy();
            }
            return;
        }
        this.#stalled = 0;
        this.#tellGap();
        this.#sink.write(':\n\n');
    }

    /** @param {Message} message - the last one */
    end(message) {
        if (this.#isFull()) {
            this.#sink.destroy();
            return;
        }
        this.#sink.write(encode(message));
        this.#sink.end();
    }

    #isFull() {
        return this.#sink.unsent() > MOST_UNSENT_BYTES;
    }

    #tellGap() {
        if (this.#missed === 0 || this.#isFull()) {
            return;
        }
        const data = JSON.stringify({missed: this.#missed});
        this.#missed = 0;
        this.#sink.write(encode({event: 'gap', id: this.#lastId, data}));
    }

    #wants({event, job, runId}) {
        if (OF_OUTPUT.has(event) && !this.#filter.output) {
            return false;
        }
        return (
            (this.#filter.job === undefined || job === undefined || job === this.#filter.job) &&
            (this.#filter.run === undefined || runId === undefined || runId === this.#filter.run)
        );
    }
}

module.exports = {EventClient, MOST_UNSENT_BYTES};
