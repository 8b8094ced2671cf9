'use strict';

/** Requests for runs (`runJob`): from the host to the native side, which decides when they begin. */

const {StoreError, incorrectUsage} = require('../host/errors');
const {callerForTracers} = require('../host/tracing');
const {encodeData} = require('../jobs/handler-options');
const {Run} = require('./run-handle');
const {RunIds} = require('./run-ids');

/** A run of which the native side has no bytes: its function is on this event loop. */
const NO_BYTES = new Uint8Array(0);

const REFUSALS = {
    JOB_UNKNOWN: (name) => `Job "${name}" does not exist: add it with defineJob() or addJob() first`,
    QUEUE_FULL: (name, {handler}) =>
        handler
            ? `Job "${name}" takes no more runs now: ${handler.maxWaiting} wait already, which is its "maxWaiting"`
            : `Job "${name}" takes no more runs now: 100,000 wait already`
};

class RunRequests {
    #parts;
    #ids = new RunIds();

    /**
     * @param {object} parts
     * @param {import('../native/binding').NativeManager} parts.native
     * @param {import('../jobs/registered-jobs').RegisteredJobs} parts.jobs
     * @param {(name: string) => void} parts.accept - throws once the manager takes no more jobs
     * @param {(registered: object) => void} parts.onAsked - a run was asked for
     * @param {import('./live-run').LiveRuns} parts.live
     * @param {object} parts.owner - of `Run`
     * @param {(number: number) => string} parts.idOf
     * @param {import('../store/acceptance').Acceptance} [parts.acceptance] - of a manager with a store
     * @param {import('../store/kept-runs').KeptRuns} parts.kept
     */
    constructor(parts) {
        this.#parts = parts;
    }

    /**
     * Asks for a run of a job.
     *
     * @param {string} name
     * @param {object} options - of `runJob`, checked
     * @param {{retryOf?: string}} [origin]
     * @returns {Run | Promise<Run>} the run; that of an earlier request where one run answers both. With a store the
     *   promise of a handler's run, resolved when that is kept
     * @throws {Error} JOB_UNKNOWN, QUEUE_FULL, JOB_ALREADY_RUNNING, RUN_ID_TAKEN, or what was wrong with its data
     */
    request(name, options, origin = {}) {
        const {accept, acceptance, jobs, onAsked} = this.#parts;
        accept(name);
        const registered = jobs.get(name);
        if (registered === undefined) {
            throw refusal('JOB_UNKNOWN', name);
        }
        const known = origin.grant === undefined ? this.#known(name, options.id) : undefined;
        if (known !== undefined) {
            return acceptance?.of(Run.numberOf(known)) ?? known;
        }
        options.signal?.throwIfAborted();
        const answer = this.#send(registered, options, origin);
        if (answer.answer === 'already-running') {
            throw this.#alreadyRunning(name, answer);
        }
        const run = this.#adopt(answer.run ?? answer, registered, options, origin);
        this.#parts.live.get(Run.numberOf(run)).inCaller ??= callerForTracers();
        onAsked(registered);
        return acceptance !== undefined && registered.handler ? acceptance.wait(Run.numberOf(run), run) : run;
    }

    /** The event 'runRefused': a run was not accepted, because the store cannot keep it or has one of its id. */
    refused({run: number, name, code, message, knownJob, knownRun}) {
        const {acceptance, kept, live} = this.#parts;
        const {run, resolve, reject} = acceptance.take(number) ?? {};
        if (run === undefined) {
            return;
        }
        if (knownRun === number && knownJob === name) {
            // It waits in the store, under this number from now on.
            resolve(run);
            return;
        }
        live.take(number);
        this.#ids.remove(run);
        if (code !== undefined) {
            reject(new StoreError({code, message}));
        } else if (knownJob !== name) {
            reject(taken(run.id, knownJob));
        } else {
            resolve(knownRun === undefined ? endedRun(kept.get(run.id), run) : this.handleOf(knownRun, name));
        }
    }

    /** The event 'runRead': a run that an earlier host has accepted waits in this one. */
    read({run: number, name, id, trigger, dueMs, queuedMs, attempts, timeoutMs: timeout}, registered, given) {
        const {live} = this.#parts;
        const handle = this.#adopt(number, registered ?? {name}, {id, attempts, timeout, ...given});
        Object.assign(live.get(number), {trigger, dueMs, queuedMs});
        this.#parts.acceptance.accepted(number);
        return handle;
    }

    /** A run of a due time that the cluster has named. */
    named({run: number, id, name, trigger, dueMs, fence}, registered) {
        this.#adopt(number, registered ?? {name}, {id});
        Object.assign(this.#parts.live.get(number), {trigger, dueMs, fence});
    }

    /** @returns {Run | undefined} the run that was given this id */
    withId(id) {
        return this.#ids.get(id);
    }

    /** @returns {Run} the handle of a run that has not ended, which nobody asked for */
    handleOf(number, name) {
        const registered = this.#parts.jobs.get(name);
        return this.#adopt(number, registered ?? {name}, {});
    }

    /** A run has ended: its id is kept for a while. */
    ended(handle) {
        this.#ids.ended(handle);
    }

    #known(name, id) {
        const known = id === undefined ? undefined : this.#ids.get(id);
        if (known !== undefined && known.name !== name) {
            throw taken(id, known.name);
        }
        return known;
    }

    /** @returns {number | import('../native/binding').RunAnswer} number of the run, or what there is instead of a new one */
    #send(registered, options, {retryOf, grant}) {
        const {name} = registered;
        const {acceptance, native} = this.#parts;
        const bytes = this.#bytes(registered, options);
        acceptance?.flushSoon();
        try {
            return native.requestRun(name, bytes, nativeOptions(options, retryOf, grant));
        } catch (error) {
            throw refusal(error.code, name, registered) ?? error;
        }
    }

    #bytes(registered, options) {
        const {name, handler, isInline} = registered;
        const hasData = options.data !== undefined;
        if (handler) {
            if (isInline) {
                return hasData && this.#parts.acceptance ? encodeData(name, options.data) : NO_BYTES;
            }
            return hasData ? encodeData(name, options.data) : handler.data;
        }
        if (!hasData || isInline) {
            return undefined;
        }
        return Buffer.from(this.#parts.jobs.workWith(registered, options.data));
    }

    #adopt(number, registered, options, {retryOf, grant} = {}) {
        const {live, idOf, owner} = this.#parts;
        const known = live.make(number);
        if (known.handle !== undefined) {
            if (options.data !== undefined) {
                // Where one run answers several requests, the newest data count.
                known.options = {...known.options, data: options.data};
            }
            this.#alias(options.id, known.handle);
            return known.handle;
        }
        const {id = idOf(number), signal} = options;
        known.handle = new Run({id, name: registered.name, number}, owner);
        known.options = options;
        known.queuedMs = Date.now();
        known.retryOf = retryOf;
        known.fence = grant?.fence;
        this.#alias(options.id, known.handle);
        if (signal !== undefined) {
            follow(signal, known.handle);
        }
        return known.handle;
    }

    /** The run answers requests with this id. */
    #alias(id, run) {
        if (id !== undefined) {
            this.#ids.add(id, run);
        }
    }

    /** No run was made: says which one goes, and since when. */
    #alreadyRunning(name, {run, sinceMs}) {
        const {live, idOf} = this.#parts;
        const runId = live.get(run)?.handle?.id ?? idOf(run);
        const since = new Date(sinceMs);
        const message =
            `Job "${name}" is already running, since ${since.toISOString()} (run ${runId}). ` +
            "Wait for its end, or add it with overlap: 'queue' or 'allow'";
        return Object.assign(new Error(message), {code: 'JOB_ALREADY_RUNNING', runId, since});
    }
}

/** Cancels the run when the signal aborts. */
function follow(signal, run) {
    const onAbort = () => void run.cancel(String(signal.reason?.message ?? signal.reason)).catch(() => {});
    signal.addEventListener('abort', onAbort, {once: true});
    run.on('ended', () => signal.removeEventListener('abort', onAbort));
}

/** Nothing, for most runs. */
function nativeOptions({id, priority, at, delay, attempts, timeout}, retryOf, grant) {
    const delayMs = at === undefined ? delay : Math.max(0, at - Date.now());
    const given = id ?? priority ?? delayMs ?? attempts ?? timeout ?? retryOf ?? grant;
    const dateMs = at?.getTime();
    return given === undefined
        ? undefined
        : {id, priority, delayMs, dateMs, attempts, timeoutMs: timeout, retryOf, grant};
}

const taken = (id, name) =>
    incorrectUsage({
        message: `The id "${id}" is that of a run of job "${name}": ids are unique within a manager, and within its store`,
        code: 'RUN_ID_TAKEN'
    });

/** A run that has ended in this host or an earlier one, as the store has it. */
function endedRun(kept, {id, name}) {
    const run = new Run({id, name, number: 0}, {});
    Run.ended(run, {error: kept?.error, read: () => kept?.read(), info: () => kept?.info()});
    return run;
}

function refusal(code, name, registered) {
    const message = REFUSALS[code]?.(name, registered);
    return message && Object.assign(new Error(message), {code});
}

module.exports = {RunRequests};
