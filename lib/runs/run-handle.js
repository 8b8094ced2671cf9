'use strict';

const {EventEmitter} = require('node:events');

/**
 * @typedef {object} Ending
 * @property {Error} [error] - of a run that did not complete
 * @property {() => unknown} read - the value of one that did
 * @property {() => import('../../index').RunInfo} info
 */

/**
 * A run that the host has asked for. Most are asked for nothing but their result: what else there is, is made when
 * somebody wants it.
 *
 * Events: 'progress' ({value, note}), 'log' ({at, level, message, fields}), 'attempt failed' ({error, attempt, attempts,
 * retryAt}), 'ended' (info).
 */
class Run {
    #number;
    #owner;
    #emitter;
    /** @type {Ending | undefined} */
    #ending;
    #settled;
    #onEnded;

    /**
     * @param {{id: string, name: string, number: number}} facts
     * @param {object} owner - `infoOf(number)`, `cancel(run, number, reason)`, `emit(emitter, event, value)`
     */
    constructor({id, name, number}, owner) {
        this.id = id;
        this.name = name;
        this.#number = number;
        this.#owner = owner;
    }

    /** Settles when the run ends. Nobody need ask for it. */
    get result() {
        if (this.#settled === undefined) {
            this.#settled = new Promise((resolve, reject) => {
                this.#onEnded = () => settle(this.#ending, resolve, reject);
            });
            // Who only looks at it must not be ended by it.
            this.#settled.catch(() => {});
            if (this.#ending) {
                this.#onEnded();
            }
        }
        return this.#settled;
    }

    /** The run as it is now. */
    info() {
        return this.#ending === undefined ? this.#owner.infoOf(this.#number) : this.#ending.info();
    }

    /**
     * Asks the run to stop: one that waits never begins; a handler that goes has its `signal` aborted, a script gets
     * 'cancel', and both are ended after their grace period.
     *
     * @param {string} [reason] - for the error of the run
     * @returns {Promise<object>} the run, ended
     */
    async cancel(reason) {
        if (this.#ending === undefined) {
            await this.#owner.cancel(this.#number, reason);
        }
        if (this.#ending === undefined) {
            await this.result.catch(() => {});
        }
        return this.info();
    }

    /** A listener for 'ended' is called once, also when the run has ended before: it may end while its request is awaited. */
    on(event, listener) {
        return this.#listen('on', event, listener);
    }

    once(event, listener) {
        return this.#listen('once', event, listener);
    }

    #listen(how, event, listener) {
        if (event === 'ended' && this.#ending !== undefined) {
            const late = new EventEmitter().once(event, listener);
            queueMicrotask(() => this.#owner.emit(late, event, this.info()));
            return this;
        }
        this.#emitter ??= new EventEmitter();
        this.#emitter[how](event, listener);
        return this;
    }

    off(event, listener) {
        this.#emitter?.off(event, listener);
        return this;
    }

    /** As `off`: what `events.once` calls. */
    removeListener(event, listener) {
        return this.off(event, listener);
    }

    /** @internal */
    static reported(run, event, value) {
        if (run.#emitter !== undefined) {
            run.#owner.emit(run.#emitter, event, value);
        }
    }

    /** @internal */
    static ended(run, ending) {
        run.#ending = ending;
        run.#onEnded?.();
        if (run.#emitter !== undefined) {
            Run.reported(run, 'ended', run.info());
        }
    }

    /** @internal @returns {number} by which the native side knows it */
    static numberOf(run) {
        return run.#number;
    }
}

function settle({error, read}, resolve, reject) {
    if (error !== undefined) {
        reject(error);
        return;
    }
    try {
        resolve(read());
    } catch (unreadable) {
        reject(unreadable);
    }
}

module.exports = {Run};
