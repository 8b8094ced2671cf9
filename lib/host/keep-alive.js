'use strict';

const {onNextTurn} = require('./next-turn');

/** Reasons to stay alive, as `NativeManager.activity()` numbers them. */
const UNREF_DUE = 1;
const DUE = 2;
const BUSY = 3;

/** Managers with something due, queued or running; referenced here so that they are not garbage-collected. */
const needed = new Set();

/**
 * Keeps the host process alive while anything is queued or running, while anything is due whose job and manager are not
 * `unref`, and until all events have been delivered.
 */
class KeepAlive {
    #native;
    #owner;
    #takeEvents;
    /** The weakest activity that the process is kept alive for. */
    #threshold;
    #isHeld = false;
    #isPumpQueued = false;

    /**
     * @param {import('../native/binding').NativeManager} native
     * @param {object} owner - must not be garbage-collected while anything is due, queued or running
     * @param {() => boolean} takeEvents - delivers one batch of events; returns whether there were any
     * @param {boolean} [isUnref] - see `setUnref`
     */
    constructor(native, owner, takeEvents, isUnref = false) {
        this.#native = native;
        this.#owner = owner;
        this.#takeEvents = takeEvents;
        this.#threshold = isUnref ? BUSY : DUE;
    }

    /** @param {boolean} isUnref - whether due times alone do not keep the process alive */
    setUnref(isUnref) {
        this.#threshold = isUnref ? BUSY : DUE;
        this.hold();
    }

    /** To be called when something may have become due, queued or running. */
    hold() {
        needed.add(this.#owner);
        this.#setHeld(true);
        if (this.#native.activity() < this.#threshold) {
            this.pumpLater();
        }
    }

    /** Something is under way, and its end will be told. */
    holdFor() {
        if (!this.#isHeld) {
            this.hold();
        }
    }

    /** Takes events on the next turn of the host's event loop. */
    pumpLater() {
        if (!this.#isPumpQueued) {
            this.#isPumpQueued = true;
            onNextTurn(() => this.pump());
        }
    }

    /** Delivers events, and lets the process exit once no more can follow. Never throws. */
    pump() {
        this.#isPumpQueued = false;
        let activity;
        do {
            // Read before the events are taken: the events of everything that has ended by now are then included.
            activity = this.#native.activity();
        } while (this.#takeEvents() && activity < this.#threshold);
        if (activity >= this.#threshold) {
            this.hold();
            return;
        }
        this.#setHeld(false);
        if (activity < UNREF_DUE) {
            needed.delete(this.#owner);
        }
    }

    #setHeld(isHeld) {
        if (this.#isHeld !== isHeld) {
            this.#isHeld = isHeld;
            this.#native.keepAlive(isHeld);
        }
    }
}

module.exports = {KeepAlive};
