'use strict';

const {isForOtherHosts} = require('../../host/errors');
const {lockOf} = require('../lock');
const {Troubles} = require('../troubles');
const {AwaitedRuns} = require('./awaited-runs');
const {CarrierThread} = require('./carrier-thread');
const {oneOffRunId, packed, unpacked} = require('./codec');
const {stackOf} = require('./failures');
const {findBullmq} = require('./packages');

/** The state of an offer; see `carrier.js`. */
const OFFERED = 0;
const TAKEN = 1;
const LOOK_MARGIN_MS = 1_000;
/** The largest data or result of a run, as bytes. */
const MOST_BYTES = 8 * 1024 * 1024;

/** A host of a cluster whose runs a queue of BullMQ carries. What it does there is in a thread of its own. */
class BullmqMember {
    #host;
    #thread;
    #jobs = new Map();
    #awaited;
    #nextRun = 1;
    #troubles;

    constructor(host, options) {
        this.#host = host;
        /** How often a one-off job is looked at that has not ended: no host keeps a run that it has lost for so long. */
        this.lookMs = lockOf(options.lease) + LOOK_MARGIN_MS;
        this.#awaited = new AwaitedRuns(host, {
            cancel: (id, reason) => this.cancel(id, reason),
            look: (id, name) => this.#thread.tell({type: 'look', id, name})
        });
        this.#troubles = new Troubles(host, `queue "${options.queue}"`, () =>
            this.#thread.ask({type: 'probe'})
        );
        this.#thread = new CarrierThread({
            data: dataOf(host, options),
            isUnref: host.isUnref,
            onMessage: (message) => this.#take(message),
            onError: ({message, code}) => this.#troubles.add(message, {code}),
            onAgain: () => this.#jobs.forEach((job) => this.#thread.tell({type: 'added', job}))
        });
    }

    added(job) {
        this.#jobs.set(job.name, job);
        this.#thread.tell({type: 'added', job});
    }

    removed(name) {
        if (this.#jobs.delete(name)) {
            this.#thread.tell({type: 'removed', name});
        }
    }

    /** @returns {Promise<object>} the run, when it is in the queue */
    async request(name, options) {
        const {data, at, delay, priority, attempts, timeout, signal} = options;
        signal?.throwIfAborted();
        const id = options.id ?? `${this.#host.instance}-q${this.#nextRun++}`;
        const known = this.#awaited.get(id);
        if (known !== undefined) {
            return known.run;
        }
        const carried = this.#carriedData(name, data);
        const awaited = this.#awaited.add(name, id, {attempts});
        const asked = this.#thread.ask({
            type: 'request',
            name,
            id,
            data: carried,
            options: {
                priority: priority ?? this.#jobs.get(name)?.priority,
                delay: at === undefined ? delay : Math.max(0, at - Date.now()),
                attempts,
                timeout
            }
        });
        const cancel = () =>
            void this.cancel(id, String(signal.reason?.message ?? signal.reason)).catch(() => {});
        try {
            await unlessAborted(asked, signal);
        } catch (error) {
            this.#awaited.forget(id);
            // The queue may still get it.
            asked.then(cancel, () => {});
            throw error;
        }
        awaited.isQueued = true;
        signal?.addEventListener('abort', cancel, {once: true});
        return awaited.run;
    }

    /** @returns {Promise<object>} the run of a one-off job whose row this host has claimed, when it is in the queue */
    async oneOff(name, {data, priority}) {
        const id = oneOffRunId(name, `${this.#host.instance}-${this.#nextRun++}`);
        const carried = this.#carriedData(name, data);
        const waiting = this.#awaited.add(name, id, {});
        let run;
        try {
            ({run} = await this.#thread.ask({type: 'oneOff', name, id, data: carried, priority}));
        } catch (error) {
            this.#awaited.forget(id);
            throw error;
        }
        if (run === id) {
            return waiting.run;
        }
        // Another one that goes.
        this.#awaited.forget(id);
        return this.#awaited.add(name, run, {}).run;
    }

    /** @returns {Promise<{state: string, id?: string}>} what the queue has of a one-off job, and of which run */
    async oneOffState(name) {
        const {state, run} = await this.#thread.ask({type: 'oneOffState', name});
        return {state, id: run};
    }

    /** @returns {Promise<boolean>} whether the lease of a run of this host lasts */
    async confirm(id) {
        const answer = this.#thread.ask({type: 'confirm', id}).catch(() => ({isHeld: false}));
        const {isHeld} = await answer;
        return isHeld;
    }

    #carriedData(name, data) {
        const bytes = data === undefined ? undefined : this.#host.wire.encode(data);
        if (bytes?.length > MOST_BYTES) {
            throw Object.assign(
                new RangeError(
                    `The data for job "${name}" takes ${bytes.length} bytes, and a queue carries ${MOST_BYTES} at most. Write it to a ` +
                        'database or a file, and give the run its id'
                ),
                {code: 'ERR_MESSAGE_TOO_LARGE'}
            );
        }
        return packed(bytes, data);
    }

    /** An attempt of a run has failed, and another one follows. */
    attemptFailed(id, next) {
        this.#thread.tell({type: 'attemptFailed', id, next});
    }

    /** A run of this host has ended. */
    ended(id, end) {
        this.#thread.tell({type: 'ended', id, end: this.#carried(end)});
    }

    #carried({kind, error, read}) {
        const {errorInfo, wire} = this.#host;
        if (kind === 'failed') {
            const envelope = Buffer.from(wire.serializeError(error)).toString('base64');
            const info = errorInfo(error);
            return {kind, message: info.message, stack: stackOf(info), envelope};
        }
        if (kind !== 'completed') {
            return {kind};
        }
        try {
            const value = read();
            const bytes = wire.encode(value);
            if (bytes.length > MOST_BYTES) {
                throw new RangeError(
                    `Its result takes ${bytes.length} bytes, and a queue carries ${MOST_BYTES} at most`
                );
            }
            return {kind, value: packed(bytes, value)};
        } catch (unreadable) {
            return this.#carried({kind: 'failed', error: unreadable});
        }
    }

    /** Pauses, resumes: on all hosts. */
    steer(order) {
        this.#thread.tell({type: 'steer', order});
    }

    /** @returns {Promise<{state?: string}>} cancels a run that waits, or goes on another host */
    cancel(id, reason) {
        return this.#thread.ask({
            type: 'cancel',
            id,
            name: this.#awaited.get(id)?.name ?? nameOf(id),
            reason
        });
    }

    /** @returns {Promise<object | undefined>} facts of a run of the queue, for `runInfo`, with the id of its host */
    async find(id) {
        const {value} = await this.#thread.ask({
            type: 'find',
            id,
            name: this.#awaited.get(id)?.name ?? nameOf(id)
        });
        return value;
    }

    /** @returns {Promise<object>} */
    async info() {
        const {value} = await this.#thread.ask({type: 'info'});
        return value;
    }

    closing() {
        this.#troubles.close();
        this.#thread.closing();
        this.#thread.tell({type: 'closing'});
    }

    async close(limitMs) {
        this.#troubles.close();
        await this.#thread.close(limitMs);
        this.#awaited.close();
    }

    #take(message) {
        switch (message.type) {
            case 'offer':
                return this.#offered(message);
            case 'answered':
                return this.#awaited.answered(message);
            case 'oneOffCancelled':
                return void this.#host.oneOffCancelled(message);
            case 'hostLost':
                return this.#host.hostLost(message.name, message.id, message);
            case 'steered':
                return this.#host.steered(message.order, message.isKept);
            case 'warning':
                return this.#host.warn(Object.assign(new Error(message.message), {code: message.code}));
            case 'problem':
                return this.#troubles.add(message.message, {code: message.code});
            default:
                return undefined;
        }
    }

    /** A run is this host's, unless this comes so late that it was given to another one. */
    #offered({state, isOneOff, ...offered}) {
        if (Atomics.compareExchange(state, 0, OFFERED, TAKEN) !== OFFERED) {
            return;
        }
        const {id} = offered;
        const given = {...offered, bytes: unpacked({bytes: offered.bytes})};
        if (isOneOff) {
            this.#host.beginOneOff(given).catch((error) => this.#refused(id, error));
            return;
        }
        try {
            this.#host.begin(given);
        } catch (error) {
            this.#refused(id, error);
        }
    }

    /** A run cannot begin on this host. */
    #refused(id, error) {
        const isClosing = String(error.code).startsWith('MANAGER_');
        this.ended(
            id,
            isClosing ? {kind: 'back'} : isForOtherHosts(error) ? {kind: 'unknown'} : {kind: 'failed', error}
        );
    }
}

/** What the thread is given. */
function dataOf({instance, bindingPath, hostname, timezone}, options) {
    const host = {id: instance, hostname, pid: process.pid, since: Date.now(), timezone};
    return {...options, instance, bindingPath, bullmqPath: findBullmq(options.connection), host};
}

/** The job of the run of a slot. */
function nameOf(id) {
    const at = id.lastIndexOf('@');
    return at > 0 && !Number.isNaN(Date.parse(id.slice(at + 1))) ? id.slice(0, at) : undefined;
}

/** @returns {Promise<void>} `asked`, or rejects with the reason of the signal */
async function unlessAborted(asked, signal) {
    if (signal === undefined) {
        await asked;
        return;
    }
    let onAbort;
    const aborted = new Promise((_resolve, reject) => {
        onAbort = () => reject(signal.reason);
        signal.addEventListener('abort', onAbort, {once: true});
    });
    try {
        await Promise.race([asked, aborted]);
    } finally {
        signal.removeEventListener('abort', onAbort);
    }
}

module.exports = {BullmqMember};
