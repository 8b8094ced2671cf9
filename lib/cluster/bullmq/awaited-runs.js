'use strict';

const {unpacked} = require('./codec');

/** Taken now: a host's tests may replace them. */
const {setInterval, clearInterval} = globalThis;

/** A run that is waited for is looked at this often, in case that its answer was lost. */
const LOOK_PERIOD_MS = 15_000;

/** Runs that this host has asked for, until their outcome comes back from whichever host has them. */
class AwaitedRuns {
    #host;
    #cancel;
    #look;
    /** By id. */
    #runs = new Map();
    #looks;

    /**
     * @param {object} host - what the manager gives to an adapter
     * @param {object} calls
     * @param {(id: string, reason?: string) => Promise<unknown>} calls.cancel
     * @param {(id: string, name: string) => void} calls.look - has the queue asked for the outcome
     */
    constructor(host, {cancel, look}) {
        this.#host = host;
        this.#cancel = cancel;
        this.#look = look;
    }

    /** @returns {{name: string, run: object, isQueued?: boolean} | undefined} */
    get(id) {
        return this.#runs.get(id);
    }

    /** @returns {{run: object, isQueued?: boolean}} `isQueued` is to be set once the queue has the run */
    add(name, id, {attempts} = {}) {
        const {newRun, runInfo} = this.#host;
        const queuedMs = Date.now();
        const info = () => runInfo({id, name, state: 'waiting', queuedMs, attempts: attempts ?? 1});
        const owner = {infoOf: info, cancel: (_run, _number, reason) => this.#cancel(id, reason)};
        const awaited = {name, queuedMs, run: newRun({id, name}, owner)};
        this.#runs.set(id, awaited);
        this.#looks ??= setInterval(() => this.#lookAtAll(), LOOK_PERIOD_MS).unref();
        return awaited;
    }

    /** It is not in the queue. */
    forget(id) {
        this.#runs.delete(id);
    }

    #lookAtAll() {
        for (const [id, {name, queuedMs, isQueued}] of this.#runs) {
            // One that is still being added would be taken for one that the queue no longer has.
            if (isQueued && Date.now() - queuedMs > LOOK_PERIOD_MS) {
                this.#look(id, name);
            }
        }
        if (this.#runs.size === 0) {
            this.#stopLooking();
        }
    }

    #stopLooking() {
        clearInterval(this.#looks);
        this.#looks = undefined;
    }

    /** The outcome of a run has come. */
    answered({id, value, error}) {
        const awaited = this.#runs.get(id);
        if (awaited === undefined) {
            return;
        }
        this.#runs.delete(id);
        const {wire, endRun, runInfo} = this.#host;
        const failed = error && errorOf(error, wire);
        const {name, queuedMs} = awaited;
        const info = runInfo({
            id,
            name,
            state: failed ? 'failed' : 'completed',
            queuedMs,
            endedMs: Date.now()
        });
        endRun(awaited.run, {
            error: failed,
            read: () => {
                const bytes = unpacked(value);
                return bytes === undefined ? undefined : wire.decode(bytes);
            },
            info: () => info
        });
    }

    /** The manager has been shut down: the runs go on without it. */
    close() {
        this.#stopLooking();
        for (const {run, name} of this.#runs.values()) {
            const message = `The run ${run.id} of job "${name}" stays in the queue: the manager that asked for it has been shut down`;
            this.#host.endRun(run, {
                error: Object.assign(new Error(message), {code: 'MANAGER_SHUT_DOWN'}),
                info: () => run.info()
            });
        }
        this.#runs.clear();
    }
}

function errorOf({name = 'Error', message, code, envelope}, wire) {
    if (envelope !== undefined) {
        try {
            return wire.deserializeError(Buffer.from(envelope, 'base64'));
        } catch {
            // A newer Node.js has written it.
        }
    }
    return Object.assign(new Error(message), {name, code});
}

module.exports = {AwaitedRuns};
