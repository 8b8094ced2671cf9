'use strict';

/** The last events, for clients that were disconnected for a moment. */
class EventLog {
    #instance;
    #most;
    /** @type {import('./event-client').Message[]} */
    #messages = [];
    #sequence = 0;

    /**
     * @param {string} instance - leads the ids, so that those of an earlier process are not taken for its own
     * @param {number} most - events that are kept
     */
    constructor(instance, most) {
        this.#instance = instance;
        this.#most = most;
    }

    /** The id of the last event. */
    get lastId() {
        return `${this.#instance}.${this.#sequence}`;
    }

    /**
     * @param {Omit<import('./event-client').Message, 'id'>} message
     * @returns {import('./event-client').Message}
     */
    add(message) {
        this.#sequence += 1;
        const kept = {...message, id: this.lastId};
        this.#messages.push(kept);
        if (this.#messages.length > this.#most) {
            this.#messages.shift();
        }
        return kept;
    }

    /** Events are not listened to any longer, so what was before cannot be continued. */
    forget() {
        this.#messages = [];
        this.#sequence += 1;
    }

    /**
     * @param {string} id - the last that a client has got
     * @returns {import('./event-client').Message[] | undefined} what came after it; undefined if that is not known
     */
    after(id) {
        const [instance, number, ...more] = id.split('.');
        const sequence = Number(number);
        const first = this.#sequence - this.#messages.length;
        const isKnown =
            instance === this.#instance &&
            more.length === 0 &&
            sequence >= first &&
            sequence <= this.#sequence;
        return isKnown ? this.#messages.slice(sequence - first) : undefined;
    }
}

module.exports = {EventLog};
