'use strict';

/**
 * Signals that are sent to a whole unit of processes: by systemd, process managers, a terminal. They reach the job
 * before the host has asked it to stop. A job that listens for messages, and has no handler of its own for such a
 * signal, asks the host what it means: the host answers with the message 'cancel', or that the signal is its own.
 *
 * Node's watchers are used, without a listener: the job sees `process` without one. Node watches a signal from its
 * first listener to its last, and gives each watcher the `process.emit` it finds at that moment.
 */

const {ToHost} = require('../wire/frames.js');

/** SIGTERM first: what the host sends. SIGUSR2 is nodemon's. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2'];

// Taken now: jobs replace them.
const {kill, pid} = process;

/** Node's listener that starts or ends the watcher of a signal; undefined in a Node that has none of that name. */
const nodeListener = (event, name) => process.listeners(event).find((listener) => listener.name === name);

class OutsideSignals {
    #startWatcher = nodeListener('newListener', 'startListeningIfSignal');
    #stopWatcher = nodeListener('removeListener', 'stopListeningIfSignal');
    #channel;
    #isListening;
    /** Signals that can be watched on this system. */
    #watched = [];
    /** The last signal that the host was asked about. */
    #last = SIGNALS[0];

    /**
     * @param {import('./channel.js').Channel} channel to the host
     * @param {() => boolean} isListening whether the job listens for messages
     */
    constructor(channel, isListening) {
        this.#channel = channel;
        this.#isListening = isListening;
    }

    /** Watches from now on, where Node has its watchers. */
    watch() {
        if (!this.#startWatcher || !this.#stopWatcher) {
            return;
        }
        const {signals} = require('node:os').constants;
        this.#watched = SIGNALS.filter((signal) => signals[signal] !== undefined);
        for (const signal of this.#watched) {
            this.#start(signal);
        }
        // In the place of Node's own, which ends the watcher with the job's last listener.
        process.off('removeListener', this.#stopWatcher);
        process.on('removeListener', (event) => this.#listenerRemoved(event));
    }

    /** The host has sent the last signal itself: it does what it does by default, which is to end the process. */
    take() {
        if (this.#watched.length > 0 && process.listenerCount(this.#last) === 0) {
            this.#die(this.#last);
        }
    }

    #start(signal) {
        const before = Object.getOwnPropertyDescriptor(process, 'emit');
        const onSignal = (...args) => this.#arrived(signal, args);
        Object.defineProperty(process, 'emit', {value: onSignal, configurable: true, writable: true});
        // Does nothing while the job has a listener: Node's watcher is there.
        this.#startWatcher(signal);
        delete process.emit;
        if (before) {
            Object.defineProperty(process, 'emit', before);
        }
    }

    #listenerRemoved(event) {
        this.#stopWatcher(event);
        if (this.#watched.includes(event) && process.listenerCount(event) === 0) {
            this.#start(event);
        }
    }

    #arrived(signal, args) {
        if (process.listenerCount(signal) > 0) {
            process.emit(...args);
        } else if (this.#isListening()) {
            this.#last = signal;
            this.#channel.send(ToHost.SIGNAL, Uint8Array.of(require('node:os').constants.signals[signal]));
        } else {
            this.#die(signal);
        }
    }

    #die(signal) {
        this.#watched = [];
        this.#stopWatcher(signal);
        kill.call(process, pid, signal);
    }
}

module.exports = {OutsideSignals};
