'use strict';

const path = require('node:path');
const {Worker} = require('node:worker_threads');
const {Outbox} = require('./outbox');

/** Taken now: a host's tests may replace them. */
const {setTimeout, clearTimeout} = globalThis;

const RESTART_MS = 1_000;

/** The thread that reaches the queue: takes messages and answers requests, and is started again when it fails. */
class CarrierThread {
    #options;
    #thread;
    #outbox = new Outbox((messages) => this.#thread.postMessage(messages), queueMicrotask);
    /** What was asked and has no answer yet, by number. */
    #requests = new Map();
    #nextRequest = 1;
    /** It has ended: for good, or another one has yet to be started. */
    #isDown = false;
    #isClosing = false;

    /**
     * @param {object} options
     * @param {object} options.data - for `carrier.js`
     * @param {boolean} options.isUnref - it does not keep the process alive
     * @param {(message: object) => void} options.onMessage - all but answers
     * @param {(error: Error & {code?: string}) => void} options.onError - it failed
     * @param {() => void} options.onAgain - another one was started
     */
    constructor(options) {
        this.#options = options;
        this.#start(false);
    }

    /** @param {object} message - see `Carrier.take` */
    tell(message) {
        this.#outbox.add(message);
    }

    /** @returns {Promise<object>} the answer. Rejects with CLUSTER_UNREACHABLE */
    ask(message) {
        const request = this.#nextRequest++;
        const answered = new Promise((resolve, reject) => this.#requests.set(request, {resolve, reject}));
        if (this.#isDown) {
            this.#abandon();
        } else {
            this.tell({...message, request});
        }
        return answered;
    }

    closing() {
        this.#isClosing = true;
    }

    /** @returns {Promise<void>} when it has given back what it had, or after `limitMs` */
    async close(limitMs) {
        this.#isClosing = true;
        if (this.#isDown) {
            return;
        }
        const ended = new Promise((resolve) => this.#thread.once('exit', resolve));
        this.tell({type: 'close'});
        const limit = setTimeout(() => void this.#thread.terminate(), Math.max(1_000, limitMs));
        await ended;
        clearTimeout(limit);
    }

    #start(isAgain) {
        const {data, isUnref, onError} = this.#options;
        this.#isDown = false;
        this.#thread = new Worker(path.join(__dirname, 'thread.js'), {
            workerData: {...data, isAgain},
            // Not what the host has set for itself.
            execArgv: [],
            env: process.env,
            name: 'job-manager-cluster'
        });
        if (isUnref) {
            this.#thread.unref();
        }
        this.#thread.on('message', (messages) => messages.forEach((message) => this.#take(message)));
        this.#thread.on('error', onError);
        this.#thread.on('exit', () => {
            this.#isDown = true;
            this.#abandon();
            this.#restart();
        });
    }

    /** Without it the leases of this host end, and other hosts go on. */
    #restart() {
        if (this.#isClosing) {
            return;
        }
        setTimeout(() => {
            if (!this.#isClosing) {
                this.#start(true);
                this.#options.onAgain();
            }
        }, RESTART_MS).unref();
    }

    #take(message) {
        if (message.type === 'requested') {
            this.#answered(message);
        } else if (message.type === 'closed') {
            void this.#thread.terminate();
        } else {
            this.#options.onMessage(message);
        }
    }

    #answered({request, error, ...answer}) {
        const {resolve, reject} = this.#requests.get(request) ?? {};
        this.#requests.delete(request);
        if (error === undefined) {
            resolve?.(answer);
        } else {
            reject?.(Object.assign(new Error(error.message), {code: error.code ?? 'CLUSTER_UNREACHABLE'}));
        }
    }

    /** Nobody answers any more what was asked. */
    #abandon() {
        for (const request of this.#requests.keys()) {
            const message = 'The connection of this host to the queue has ended before it had answered';
            this.#answered({request, error: {message, code: 'CLUSTER_UNREACHABLE'}});
        }
    }
}

module.exports = {CarrierThread};
