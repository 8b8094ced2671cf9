'use strict';

const {EventEmitter} = require('node:events');
const {safely} = require('./safe-call');

/** Events of the start of a run: of handlers they are reported only if somebody listens. */
const OF_STARTS = ['run queued', 'run started', 'run online', 'run late'];

/**
 * `jobManager.events`: what happens to jobs and runs, for listeners of the host. What an event tells is put together only if
 * somebody listens. A listener that throws, or rejects, is logged; the others are called all the same.
 */
class JobListeners extends EventEmitter {
    #logger;
    /** By the name of an event that entry points of the package report. */
    #watchers = new Map();

    /** @param {object} logger */
    constructor(logger) {
        super();
        this.#logger = logger;
    }

    /**
     * @internal The manager itself takes such an event too, and is none of the listeners that the host sees.
     *
     * @param {JobListeners} listeners
     * @param {string} event - one that entry points of the package report, by `emit`
     * @param {(payload: object) => void} watcher
     */
    static watch(listeners, event, watcher) {
        listeners.#watchers.set(event, watcher);
    }

    emit(event, ...args) {
        const watcher = this.#watchers.get(event);
        if (watcher === undefined) {
            return super.emit(event, ...args);
        }
        const [payload] = args;
        safely(this.#logger, `What follows from "${event}"`, () => watcher(payload));
        JobListeners.tell(this, event, () => payload);
        return true;
    }

    /** @internal @returns {boolean} does anybody listen to starts of runs, or to this event of them? */
    static hearsStarts(listeners, newEvent) {
        return OF_STARTS.some((event) => event === newEvent || listeners.listenerCount(event) > 0);
    }

    /**
     * @internal
     * @param {JobListeners} listeners
     * @param {string} event
     * @param {() => object | undefined} describe - gives what the event tells; undefined for an event that is none
     */
    static tell(listeners, event, describe) {
        if (listeners.listenerCount(event) === 0) {
            return;
        }
        const payload = Object.freeze(describe());
        if (payload === undefined) {
            return;
        }
        for (const listener of listeners.rawListeners(event)) {
            safely(listeners.#logger, `A listener for "${event}"`, () => listener.call(listeners, payload));
        }
    }
}

module.exports = {JobListeners};
