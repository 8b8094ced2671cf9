'use strict';

const path = require('node:path');
const {Worker} = require('node:worker_threads');
const {isForOtherHosts} = require('../../host/errors');
const {lockOf} = require('../lock');
const {Troubles} = require('../troubles');
const {oneOffRunId, packed, unpacked} = require('./codec');
const {findBullmq} = require('./packages');

/** Taken now: a host's tests may replace them. */
const {setTimeout, clearTimeout, setInterval, clearInterval} = globalThis;

/** The state of an offer; see `carrier.js`. */
const OFFERED = 0;
const TAKEN = 1;
/** A run that is waited for is looked at this often, in case that its answer was lost. */
const LOOK_PERIOD_MS = 15_000;
const LOOK_MARGIN_MS = 1_000;
const RESTART_MS = 1_000;
/** The largest data or result of a run, as bytes. */
const MOST_BYTES = 8 * 1024 * 1024;

/** A host of a cluster whose runs a queue of BullMQ carries. What it does there is in a thread of its own. */
class BullmqMember {
    #host;
    #data;
    #thread;
    #jobs = new Map();
    /** Requests to the thread, by number. */
    #requests = new Map();
    #nextRequest = 1;
    #nextRun = 1;
    /** Runs that this host has asked for and waits for, by id. */
    #waiting = new Map();
    #looks;
    #troubles;
    #isClosing = false;
    /** The thread has ended: for good, or another one has yet to be started. */
    #isDown = false;
    #closed;

    constructor(host, options) {
        this.#host = host;
        /** How often a one-off job is looked at that has not ended: no host keeps a run that it has lost for so long. */
        this.lookMs = lockOf(options.lease) + LOOK_MARGIN_MS;
        this.#data = {
            ...options,
            instance: host.instance,
            bindingPath: host.bindingPath,
            bullmqPath: findBullmq(options.connection),
            host: {
                id: host.instance,
                hostname: host.hostname,
                pid: process.pid,
                since: Date.now(),
                timezone: host.timezone
            }
        };
        this.#troubles = new Troubles(host, `queue "${options.queue}"`, () => this.#ask({type: 'probe'}));
        this.#startThread(false);
    }

    added(job) {
        this.#jobs.set(job.name, job);
        this.#tell({type: 'added', job});
    }

    removed(name) {
        if (this.#jobs.delete(name)) {
            this.#tell({type: 'removed', name});
        }
    }

    /** @returns {Promise<object>} the run, when it is in the queue */
    async request(name, options) {
        const {data, at, delay, priority, attempts, timeout, signal} = options;
        signal?.throwIfAborted();
        const id = options.id ?? `${this.#host.instance}-q${this.#nextRun++}`;
        const known = this.#waiting.get(id);
        if (known !== undefined) {
            return known.run;
        }
        const carried = this.#carriedData(name, data);
        const waiting = this.#wait(name, id, {attempts, priority});
        try {
            await this.#ask({
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
            waiting.isQueued = true;
        } catch (error) {
            this.#waiting.delete(id);
            throw error;
        }
        signal?.addEventListener(
            'abort',
            () => void this.cancel(id, String(signal.reason?.message ?? signal.reason)).catch(() => {}),
            {
                once: true
            }
        );
        return waiting.run;
    }

    /** @returns {Promise<object>} the run of a one-off job whose row this host has claimed, when it is in the queue */
    async oneOff(name, {data, priority}) {
        const id = oneOffRunId(name, `${this.#host.instance}-${this.#nextRun++}`);
        const carried = this.#carriedData(name, data);
        const waiting = this.#wait(name, id, {});
        let run;
        try {
            ({run} = await this.#ask({type: 'oneOff', name, id, data: carried, priority}));
        } catch (error) {
            this.#waiting.delete(id);
            throw error;
        }
        if (run === id) {
            return waiting.run;
        }
        // Another one that goes.
        this.#waiting.delete(id);
        return this.#wait(name, run, {}).run;
    }

    /** @returns {Promise<{state: string, id?: string}>} what the queue has of a one-off job, and of which run */
    async oneOffState(name) {
        const {state, run} = await this.#ask({type: 'oneOffState', name});
        return {state, id: run};
    }

    /** @returns {Promise<boolean>} whether the lease of a run of this host lasts */
    async confirm(id) {
        const answer = this.#ask({type: 'confirm', id}).catch(() => ({isHeld: false}));
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

    #wait(name, id, {attempts}) {
        const {newRun, runInfo} = this.#host;
        const queuedMs = Date.now();
        const info = () => runInfo({id, name, state: 'waiting', queuedMs, attempts: attempts ?? 1});
        const owner = {infoOf: info, cancel: (_run, _number, reason) => this.cancel(id, reason)};
        const waiting = {name, queuedMs, attempts, run: newRun({id, name}, owner)};
        this.#waiting.set(id, waiting);
        this.#looks ??= setInterval(() => this.#lookAtWaiting(), LOOK_PERIOD_MS).unref();
        return waiting;
    }

    #lookAtWaiting() {
        for (const [id, {name, queuedMs, isQueued}] of this.#waiting) {
            // One that is still being added would be taken for one that the queue no longer has.
            if (isQueued && Date.now() - queuedMs > LOOK_PERIOD_MS) {
                this.#tell({type: 'look', id, name});
            }
        }
        if (this.#waiting.size === 0) {
            clearInterval(this.#looks);
            this.#looks = undefined;
        }
    }

    /** An attempt of a run has failed, and another one follows. */
    attemptFailed(id, next) {
        this.#tell({type: 'attemptFailed', id, next});
    }

    /** A run of this host has ended. */
    ended(id, end) {
        this.#tell({type: 'ended', id, end: this.#carried(end)});
    }

    #carried({kind, error, read}) {
        const {wire} = this.#host;
        if (kind === 'failed') {
            const envelope = Buffer.from(wire.serializeError(error)).toString('base64');
            return {kind, message: String(error?.message ?? error), envelope};
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
        this.#tell({type: 'steer', order});
    }

    /** @returns {Promise<{state?: string}>} cancels a run that waits, or goes on another host */
    cancel(id, reason) {
        return this.#ask({type: 'cancel', id, name: this.#waiting.get(id)?.name ?? nameOf(id), reason});
    }

    /** @returns {Promise<object | undefined>} facts of a run of the queue, for `runInfo`, with the id of its host */
    async find(id) {
        const {value} = await this.#ask({type: 'find', id, name: this.#waiting.get(id)?.name ?? nameOf(id)});
        return value;
    }

    /** @returns {Promise<object>} */
    async info() {
        const {value} = await this.#ask({type: 'info'});
        return value;
    }

    closing() {
        this.#isClosing = true;
        this.#troubles.close();
        this.#tell({type: 'closing'});
    }

    async close(limitMs) {
        this.#isClosing = true;
        this.#troubles.close();
        clearInterval(this.#looks);
        this.#closed ??= new Promise((resolve) => this.#thread.once('exit', resolve));
        this.#tell({type: 'close'});
        const limit = setTimeout(() => void this.#thread.terminate(), Math.max(1_000, limitMs));
        await this.#closed;
        clearTimeout(limit);
        for (const {run, name} of this.#waiting.values()) {
            const message = `The run ${run.id} of job "${name}" stays in the queue: the manager that asked for it has been shut down`;
            this.#host.endRun(run, {
                error: Object.assign(new Error(message), {code: 'MANAGER_SHUT_DOWN'}),
                info: () => run.info()
            });
        }
        this.#waiting.clear();
    }

    #startThread(isAgain) {
        this.#isDown = false;
        this.#thread = new Worker(path.join(__dirname, 'thread.js'), {
            workerData: {...this.#data, isAgain},
            // Not what the host has set for itself.
            execArgv: [],
            env: process.env,
            name: 'job-manager-cluster'
        });
        if (this.#host.isUnref) {
            this.#thread.unref();
        }
        this.#thread.on('message', (message) => this.#take(message));
        this.#thread.on('error', ({message, code}) => this.#troubles.add(message, {code}));
        this.#thread.on('exit', () => {
            this.#isDown = true;
            this.#abandon();
            this.#restart();
        });
    }

    /** Nobody answers any more what the thread was asked for. */
    #abandon() {
        for (const request of this.#requests.keys()) {
            const message = 'The connection of this host to the queue has ended before it had answered';
            this.#requested({request, error: {message, code: 'CLUSTER_UNREACHABLE'}});
        }
    }

    /** Without it the leases of this host end, and other hosts go on. */
    #restart() {
        if (this.#isClosing) {
            return;
        }
        setTimeout(() => {
            this.#startThread(true);
            for (const job of this.#jobs.values()) {
                this.#tell({type: 'added', job});
            }
        }, RESTART_MS).unref();
    }

    #tell(message) {
        this.#thread.postMessage(message);
    }

    #ask(message) {
        const request = this.#nextRequest++;
        const answered = new Promise((resolve, reject) => this.#requests.set(request, {resolve, reject}));
        if (this.#isDown) {
            this.#abandon();
        } else {
            this.#tell({...message, request});
        }
        return answered;
    }

    #take(message) {
        switch (message.type) {
            case 'offer':
                return this.#offered(message);
            case 'requested':
                return this.#requested(message);
            case 'answered':
                return this.#answered(message);
            case 'oneOffCancelled':
                return void this.#host.oneOffCancelled(message);
            case 'hostLost':
                return this.#host.hostLost(message.name, message.id, message);
            case 'steered':
                return this.#host.steered(message.order);
            case 'warning':
                return this.#host.warn(Object.assign(new Error(message.message), {code: message.code}));
            case 'problem':
                return this.#troubles.add(message.message, {code: message.code});
            case 'closed':
                return void this.#thread.terminate();
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

    #requested({request, error, ...answer}) {
        const {resolve, reject} = this.#requests.get(request) ?? {};
        this.#requests.delete(request);
        if (error === undefined) {
            resolve?.(answer);
        } else {
            reject?.(Object.assign(new Error(error.message), {code: error.code ?? 'CLUSTER_UNREACHABLE'}));
        }
    }

    #answered({id, value, error}) {
        const waiting = this.#waiting.get(id);
        if (waiting === undefined) {
            return;
        }
        this.#waiting.delete(id);
        const {wire, endRun, runInfo} = this.#host;
        const failed = error && errorOf(error, wire);
        const {name, queuedMs} = waiting;
        const info = runInfo({
            id,
            name,
            state: failed ? 'failed' : 'completed',
            queuedMs,
            endedMs: Date.now()
        });
        endRun(waiting.run, {
            error: failed,
            read: () => {
                const bytes = unpacked(value);
                return bytes === undefined ? undefined : wire.decode(bytes);
            },
            info: () => info
        });
    }
}

function errorOf({message, code, envelope}, wire) {
    if (envelope !== undefined) {
        try {
            return wire.deserializeError(Buffer.from(envelope, 'base64'));
        } catch {
            // A newer Node.js has written it.
        }
    }
    return Object.assign(new Error(message), {code});
}

/** The job of the run of a slot. */
function nameOf(id) {
    const at = id.lastIndexOf('@');
    return at > 0 && !Number.isNaN(Date.parse(id.slice(at + 1))) ? id.slice(0, at) : undefined;
}

module.exports = {BullmqMember};
