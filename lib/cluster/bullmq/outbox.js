'use strict';

/** Messages to another thread: those that are made together go as one, since each wakes that thread up. */
class Outbox {
    #send;
    #later;
    #messages = [];

    /**
     * @param {(messages: object[]) => void} send
     * @param {(flush: () => void) => void} later - calls `flush` when no more messages are to be expected at once
     */
    constructor(send, later) {
        this.#send = send;
        this.#later = later;
    }

    add(message) {
        if (this.#messages.push(message) === 1) {
            this.#later(() => this.#flush());
        }
    }

    #flush() {
        const messages = this.#messages;
        this.#messages = [];
        this.#send(messages);
    }
}

module.exports = {Outbox};
