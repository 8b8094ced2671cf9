'use strict';

const {onNextTurn} = require('./next-turn');

/** Managers that keep the process alive; referenced here so that they are not garbage-collected. */
const held = new Set();

/** Keeps the host process alive while anything is due, queued or running, and until all events have been delivered. */
class KeepAlive {
    #native;
    #owner;
    #takeEvents;

    /**
     * @param {import('../native/binding').NativeManager} native
     * @param {object} owner - must not be garbage-collected while the process is kept alive
     * @param {() => boolean} takeEvents - delivers one batch of events; returns whether there were any
     */
    constructor(native, owner, takeEvents) {
        this.#native = native;
        this.#owner = owner;
        this.#takeEvents = takeEvents;
    }

    /** To be called when something may have become due, queued or running. */
    hold() {
        if (!held.has(this.#owner)) {
            this.#native.keepAlive(() => {});
            held.add(this.#owner);
        }
        if (!this.#native.isActive()) {
            this.pumpLater();
        }
    }

    /** Something is under way, and its end will be told. */
    holdFor() {
        if (!held.has(this.#owner)) {
            this.hold();
        }
    }

    /** Takes events on the next turn of the host's event loop. */
    pumpLater() {
        onNextTurn(() => this.pump());
    }

    /** Delivers events, and lets the process exit once no more can follow. Never throws. */
    pump() {
        let isActive;
        do {
            // Read before the events are taken: the events of everything that has ended by now are then included.
            isActive = this.#native.isActive();
        } while (this.#takeEvents() && !isActive);
        if (isActive) {
            this.hold();
        } else if (held.delete(this.#owner)) {
            this.#native.keepAlive(null);
        }
    }
}

module.exports = {KeepAlive};
