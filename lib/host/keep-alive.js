'use strict';

const {onNextTurn} = require('./next-turn');

/** Managers whose process must not exit, and which must not be collected meanwhile. */
const held = new Set();

/** Keeps the host's process alive until nothing is under way, and until it has been told of all that was. */
class KeepAlive {
    #native;
    #owner;
    #takeEvents;

    /**
     * @param {import('../native/binding').NativeManager} native
     * @param {object} owner - what must not be collected while it is held
     * @param {() => boolean} takeEvents - brings what waits to the host, and says whether there was anything
     */
    constructor(native, owner, takeEvents) {
        this.#native = native;
        this.#owner = owner;
        this.#takeEvents = takeEvents;
    }

    /** Something may be under way. */
    hold() {
        if (!held.has(this.#owner)) {
            this.#native.keepAlive(() => {});
            held.add(this.#owner);
        }
        if (!this.#native.isActive()) {
            this.pumpLater();
        }
    }

    /** Takes events on the next turn of the host's event loop. */
    pumpLater() {
        onNextTurn(() => this.pump());
    }

    /** Takes events, and lets the process go when none can come any more. Never throws. */
    pump() {
        let isActive;
        do {
            // Asked before the events are taken: what has ended by now has told so.
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
