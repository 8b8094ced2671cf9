'use strict';

/**
 * Runs that the host asks for by `runJob`, and what the runs of handlers report: from the request to the result. When
 * anything runs is decided natively.
 */

const {JobError, checkStopped, incorrectUsage} = require('../host/errors');
const {safely} = require('../host/safe-call');
const {encodeData, isOffloaded} = require('../jobs/handler-options');
const {decode, isClone} = require('../wire/compact');
const {Run} = require('./run-handle');
const {RunIds} = require('./run-ids');

/** A run of which the native side has no bytes: its function is on this event loop, or its job says all. */
const NO_BYTES = new Uint8Array(0);
/** Up to here text is read at once. */
const SHORT_BYTES = 1024;

const REFUSALS = {
    JOB_UNKNOWN: (name) => `Job "${name}" does not exist: add it with defineJob() or addJob() first`,
    QUEUE_FULL: (name, {handler}) =>
        `Job "${name}" takes no more runs now: ${handler.maxWaiting} wait already, which is its "maxWaiting"`,
    JOB_ALREADY_RUNNING: (name) =>
        `Job "${name}" is already running. Wait for its end, or add it with overlap: 'queue' or 'allow'`
};

class Runs {
    #parts;
    /** Made for the first of them: most hosts have none. */
    #inlineHandlers;
    #ids = new RunIds();
    /** Runs that were asked for and have not ended, by number. @type {Map<number, Run>} */
    #asked = new Map();
    /** What functions on this event loop are called with, by the number of the run. */
    #inputs = new Map();
    /** Results that runs have set, as bytes or values, by number. */
    #results = new Map();
    /** Why runs were cancelled, by number. */
    #reasons = new Map();
    /** Requests that are accepted and wait for their number, by job. */
    #unnumbered = new Map();
    #isClosing = false;
    #dropped = 0;

    /**
     * @param {object} parts
     * @param {import('../native/binding').NativeManager} parts.native
     * @param {string} parts.instance - leads the ids of runs
     * @param {object} parts.logger
     * @param {import('../jobs/registered-jobs').RegisteredJobs} parts.jobs
     * @param {(name: string) => void} parts.accept - throws once the manager takes no more jobs
     * @param {(send: (request: number) => void) => Promise<{survivors: object[]}>} parts.settle
     * @param {() => void} parts.onAsked - a run was asked for
     */
    constructor(parts) {
        this.#parts = parts;
    }

    #inline() {
        if (this.#inlineHandlers === undefined) {
            const {InlineHandlers} = require('./inline-handlers');
            this.#inlineHandlers = new InlineHandlers({
                onSettled: (run, failed) => this.#parts.native.inlineEnded(run, failed),
                sinkOf: (run) => this.#sinkOf(run)
            });
        }
        return this.#inlineHandlers;
    }

    /** Runs that were dropped by a shutdown before they began. */
    get dropped() {
        return this.#dropped;
    }

    /**
     * Asks for a run of a job.
     *
     * @param {string} name
     * @param {object} options - of `runJob`, checked
     * @returns {Run | Promise<Run>} a promise for a run that waits for an earlier one of its job
     * @throws {Error} JOB_UNKNOWN, QUEUE_FULL, JOB_ALREADY_RUNNING, RUN_ID_TAKEN, or what was wrong with its data
     */
    request(name, options) {
        const {accept, jobs} = this.#parts;
        accept(name);
        const registered = jobs.get(name);
        if (registered === undefined) {
            throw refusal('JOB_UNKNOWN', name);
        }
        const known = this.#known(name, options.id);
        if (known !== undefined) {
            return known;
        }
        options.signal?.throwIfAborted();
        const number = this.#send(registered, options);
        const run =
            number === 0
                ? this.#waitForNumber(registered, options)
                : this.#adopt(Math.abs(number), registered, options);
        this.#parts.onAsked(registered);
        return run;
    }

    /** A shutdown begins: what has not begun by its end is counted. */
    close() {
        this.#isClosing = true;
        this.#refuseUnnumbered([...this.#unnumbered.keys()], (name) =>
            Object.assign(new Error(`Job "${name}" was not run: the job manager is shutting down`), {
                code: 'MANAGER_SHUTTING_DOWN'
            })
        );
    }

    /** A job has been removed. */
    removed(name) {
        const error = () => new JobError('JOB_REMOVED', name, `Job "${name}" was removed before it was run`);
        this.#refuseUnnumbered([name], error);
    }

    /** The event 'runQueued'. */
    queued({run, name, trigger, dueMs}, registered) {
        const [waiting] = this.#unnumbered.get(name) ?? [];
        if (waiting !== undefined && !this.#asked.has(run)) {
            this.#unnumbered.get(name).shift();
            waiting.resolve(this.#adopt(run, registered, waiting.options));
        }
        if (isInlineHandler(registered) && trigger !== 'manual') {
            this.#inputs.set(run, {options: {}, trigger, dueMs});
        }
    }

    /** The event 'inlineDue', of a handler. */
    due({run, name, attempt}, registered) {
        const {options = {}, trigger = 'manual', dueMs} = this.#inputs.get(run) ?? {};
        const {job} = registered;
        this.#inline().begin(run, registered, {
            data: 'data' in options ? options.data : job.data,
            timeoutMs: options.timeout ?? job.timeout,
            facts: {
                id: options.id ?? this.#idOf(run),
                name,
                attempt,
                attempts: options.attempts ?? job.attempts ?? 1,
                trigger,
                dueMs
            }
        });
    }

    /** The event 'inlineAbort'. */
    abort({run}) {
        const reason = new Error(this.#reasons.get(run) ?? 'The run was asked to stop');
        reason.name = 'AbortError';
        this.#inlineHandlers?.abort(run, reason);
    }

    /** @returns {unknown} what a scheduled inline job is called with in this run */
    dataOf(run, job) {
        const {options = {}} = this.#inputs.get(run) ?? {};
        return 'data' in options ? options.data : job.data;
    }

    /** The function of a scheduled inline job has settled. */
    settled(run, error, value) {
        if (this.#asked.has(run)) {
            this.#inline().settled(run, error === undefined ? {value} : {error});
        }
    }

    /** The event 'runEnded' of a scheduled inline job. */
    inlineEnded(event) {
        this.ended(event, this.failureOf(event)?.error, NO_BYTES);
    }

    /** The event 'reported'. */
    reported({run, kind}, bytes) {
        if (kind === 'result') {
            this.#results.set(run, {bytes: bytes.slice()});
            return;
        }
        const handle = this.#asked.get(run);
        if (handle !== undefined) {
            const report = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
            Run.reported(handle, kind, kind === 'log' ? logLine(report) : report);
        }
    }

    /** The event 'attemptFailed', with its error. */
    attemptFailed({run, attempt, attempts, retryAtMs}, error) {
        const handle = this.#asked.get(run);
        if (handle !== undefined) {
            const retryAt = retryAtMs === undefined ? undefined : new Date(retryAtMs);
            Run.reported(handle, 'attempt failed', {error, attempt, attempts, retryAt});
        }
    }

    /**
     * @returns {{error: unknown} | undefined} the error of a run that did not complete, where more is known of it here than
     *   natively: what a function on this event loop threw, and why the host cancelled a run
     */
    failureOf({run, name, ending}) {
        if (ending.cause !== 'cancelled') {
            const outcome = this.#inlineHandlers?.outcomeOf(run);
            return outcome && 'error' in outcome ? outcome : undefined;
        }
        const reason = this.#reasons.get(run);
        const message = `The run of job "${name}" was cancelled: ${reason}`;
        return reason && {error: new JobError('JOB_CANCELLED', name, message, {reason})};
    }

    /**
     * The event 'runEnded'.
     *
     * @param {object} event
     * @param {Error | undefined} error - of a run that did not complete
     * @param {Uint8Array} bytes - of the value that a handler in a process has returned
     * @returns {() => unknown} its value
     */
    ended(event, error, bytes) {
        const {run} = event;
        const {cause} = event.ending;
        const read = this.#reader(run, cause === 'returned' ? bytes : NO_BYTES);
        const handle = this.#asked.get(run);
        if (this.#isClosing && cause === 'cancelled' && event.startedMs === undefined) {
            this.#dropped += 1;
        }
        if (handle !== undefined) {
            this.#asked.delete(run);
            this.#ids.ended(handle);
            const {attempt = 1, startedMs, atMs: endedMs} = event;
            Run.ended(handle, {cause: causeOf(cause, error), error, read, attempt, startedMs, endedMs});
        }
        this.#inputs.delete(run);
        this.#reasons.delete(run);
        this.#results.delete(run);
        this.#inlineHandlers?.forget(run);
        return read;
    }

    /** The value of a run, read when it is wanted: the bytes may be gone by then, so that they are kept where somebody may ask. */
    #reader(run, bytes) {
        const outcome = this.#inlineHandlers?.outcomeOf(run);
        const result = this.#results.get(run);
        // A short text is read at once, rather than copied.
        const isText = bytes.length > 0 && bytes.length <= SHORT_BYTES && !isClone(bytes);
        const returned = isText ? decode(bytes) : outcome?.value;
        const kept = !isText && this.#asked.has(run) ? bytes.slice() : bytes;
        return () => {
            const value = isText || kept.length === 0 ? returned : decode(kept);
            return value === undefined && result !== undefined ? valueOf(result) : value;
        };
    }

    #known(name, id) {
        const known = id === undefined ? undefined : this.#ids.get(id);
        if (known !== undefined && known.name !== name) {
            throw incorrectUsage({
                message: `The id "${id}" is that of a run of job "${known.name}": ids are unique within a manager`,
                code: 'RUN_ID_TAKEN'
            });
        }
        return known;
    }

    /** @returns {number} of the run; 0 for one that waits for another of its job */
    #send(registered, options) {
        const {name} = registered;
        const bytes = this.#bytes(registered, options);
        try {
            return this.#parts.native.requestRun(name, bytes, nativeOptions(options));
        } catch (error) {
            throw refusal(error.code, name, registered) ?? error;
        }
    }

    #bytes(registered, options) {
        const {name, job, handler} = registered;
        const hasData = options.data !== undefined;
        if (handler) {
            if (!isOffloaded(job)) {
                return NO_BYTES;
            }
            return hasData ? encodeData(name, options.data) : handler.data;
        }
        if (!hasData || job.offloaded === false) {
            return undefined;
        }
        return Buffer.from(this.#parts.jobs.workWith(registered, options.data));
    }

    #adopt(number, registered, options) {
        const known = this.#asked.get(number);
        if (known !== undefined) {
            return known;
        }
        const {name, job} = registered;
        const {id = this.#idOf(number), attempts = job.attempts ?? 1, signal} = options;
        const run = new Run({id, name, number, attempts}, this);
        this.#asked.set(number, run);
        if (options.id !== undefined) {
            this.#ids.add(run);
        }
        if (!isOffloaded(job) || job.offloaded === false) {
            this.#inputs.set(number, {options});
        }
        if (signal !== undefined) {
            this.#follow(signal, run);
        }
        return run;
    }

    /** Cancels the run when the signal aborts. */
    #follow(signal, run) {
        const onAbort = () =>
            void run.cancel(String(signal.reason?.message ?? signal.reason)).catch(() => {});
        signal.addEventListener('abort', onAbort, {once: true});
        run.on('ended', () => signal.removeEventListener('abort', onAbort));
    }

    #waitForNumber({name}, options) {
        return new Promise((resolve, reject) => {
            const waiting = this.#unnumbered.get(name) ?? [];
            this.#unnumbered.set(name, waiting);
            waiting.push({resolve, reject, options});
        });
    }

    #refuseUnnumbered(names, error) {
        for (const name of names) {
            const waiting = this.#unnumbered.get(name) ?? [];
            this.#unnumbered.delete(name);
            waiting.forEach(({reject}) => reject(error(name)));
        }
    }

    #sinkOf(run) {
        const tell = (event, value) => {
            const handle = this.#asked.get(run);
            if (handle !== undefined) {
                Run.reported(handle, event, value);
            }
        };
        return {
            progress: (report) => tell('progress', report),
            log: (line) => tell('log', logLine(line)),
            alive() {},
            result: (value) => this.#results.set(run, {value})
        };
    }

    #idOf(number) {
        return `${this.#parts.instance}-${number}`;
    }

    /** For Run: where a run is that has not ended. */
    stateOf(number) {
        return this.#parts.native.runState(number) ?? undefined;
    }

    /** For Run: calls its listeners. */
    emit(emitter, event, value) {
        safely(this.#parts.logger, `A listener for "${event}"`, () => void emitter.emit(event, value));
    }

    /** For Run: resolves when it has ended. */
    async cancel(run, number, reason) {
        if (reason !== undefined && !this.#reasons.has(number)) {
            this.#reasons.set(number, String(reason));
        }
        const {native, settle} = this.#parts;
        try {
            checkStopped(await settle((request) => native.cancelRun(number, request)));
        } catch (error) {
            if (error.code !== 'RUN_UNKNOWN') {
                throw error;
            }
        }
        if (!Run.hasEnded(run)) {
            await run.result.catch(() => {});
        }
    }
}

/** Nothing, for most runs. */
function nativeOptions({id, priority, at, delay, attempts, timeout}) {
    const delayMs = at === undefined ? delay : Math.max(0, at - Date.now());
    const given = id ?? priority ?? delayMs ?? attempts ?? timeout;
    return given === undefined ? undefined : {id, priority, delayMs, attempts, timeoutMs: timeout};
}

const isInlineHandler = (registered) => registered?.handler !== undefined && !isOffloaded(registered.job);

const valueOf = ({bytes, value}) => (bytes === undefined ? value : decode(bytes));

function logLine({atMs, level, message, fields}) {
    return {at: new Date(atMs), level, message, fields};
}

/** How a run ended, where the native side knows only that its function threw. */
function causeOf(cause, error) {
    try {
        return error?.code === 'JOB_TIMEOUT' ? 'timeout' : cause;
    } catch {
        // A function may throw anything: here something whose properties cannot be read.
        return cause;
    }
}

function refusal(code, name, registered) {
    const message = REFUSALS[code]?.(name, registered);
    return message && Object.assign(new Error(message), {code});
}

module.exports = {Runs};
