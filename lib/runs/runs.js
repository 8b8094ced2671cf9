'use strict';

/**
 * The runs of a manager, as its host sees them: what is asked for, what goes, and what has ended. The native side decides
 * when anything runs; this follows its events.
 */

const {JobError, checkStopped, incorrectUsage} = require('../host/errors');
const {safely} = require('../host/safe-call');
const {takeRunNumber} = require('../native/native');
const {AnswerWatch} = require('./answer-watch');
const {LiveRuns} = require('./live-run');
const {Run} = require('./run-handle');
const {RunHistory} = require('./run-history');
const {errorInfo, runInfo} = require('./run-info');
const {NO_LINES, NO_OUTPUT, runOutput} = require('./run-output');
const {contextOf} = require('./run-announcements');
const {RunRequests} = require('./run-requests');
const {NONE, sizeOf, valueOf, valueOfBytes} = require('./run-value');
const {serializeError} = require('../wire/clone');
const {decode, encode} = require('../wire/compact');

/** Data of a run that failed is kept up to this size, so that it can be run again. */
const MOST_KEPT_DATA_BYTES = 64 * 1024;
/** An ended run whose value is known otherwise. */
const NO_BYTES = new Uint8Array(0);
/** The most bytes of a result that the history keeps, if the job does not say. */
const DEFAULT_KEEP_RESULT_BYTES = 16 * 1024;

class Runs {
    #parts;
    #requests;
    #live = new LiveRuns();
    #watch = new AnswerWatch();
    #history;
    /** Made for the first of them: most hosts have none. */
    #inlineHandlers;
    #isClosing = false;
    #dropped = 0;

    /**
     * @param {object} parts
     * @param {import('../native/binding').NativeManager} parts.native
     * @param {string} parts.instance - leads the ids of runs
     * @param {object} parts.logger
     * @param {import('../jobs/registered-jobs').RegisteredJobs} parts.jobs
     * @param {import('../events/failed-attempts').FailedAttempts} parts.failed
     * @param {object} [parts.history] - limits, see `RunHistory`
     * @param {import('./run-announcements').RunAnnouncements} parts.announcements
     * @param {(name: string) => void} parts.accept - throws once the manager takes no more jobs
     * @param {(send: (request: number) => void) => Promise<{survivors: object[]}>} parts.settle
     * @param {(registered: object) => void} parts.onAsked - a run was asked for
     * @param {import('../store/acceptance').Acceptance} [parts.acceptance] - of a manager with a store
     * @param {import('../store/kept-runs').KeptRuns} parts.kept
     * @param {import('../metrics/counters').Counters} parts.counters
     * @param {(id: string) => void} parts.onGiven - the cluster has given a slot to this host
     * @param {(id: string, next: object) => void} [parts.onAttemptFailed] - in a cluster: another attempt of a run follows
     * @param {(id: string, end: object) => void} [parts.onEnded] - in a cluster
     */
    constructor(parts) {
        const {native, jobs, accept, onAsked, acceptance, kept} = parts;
        this.#parts = parts;
        this.#history = new RunHistory(parts.history, ({number, outputBytes}) => {
            if (outputBytes > 0) {
                native.forgetOutput(number);
            }
        });
        this.#requests = new RunRequests({
            native,
            jobs,
            accept,
            onAsked: (registered) => {
                onAsked(registered);
                if (registered.handler && !registered.isInline) {
                    this.#watch.asked(this.#live.size);
                }
            },
            acceptance,
            kept,
            live: this.#live,
            owner: this,
            idOf: (number) => this.#numbered(number)
        });
    }

    /** Runs that were dropped by a shutdown before they began. */
    get dropped() {
        return this.#dropped;
    }

    /** See `RunHistory`. */
    get history() {
        return this.#history;
    }

    /** See `RunRequests.request`. */
    request(name, options, origin) {
        this.#parts.announcements.watch();
        return this.#requests.request(name, options, origin);
    }

    /** A shutdown begins: what has not begun by its end is counted. */
    close() {
        this.#isClosing = true;
    }

    /** The event 'runQueued'. */
    queued(event, registered) {
        const {run, trigger, dueMs} = event;
        if (event.id !== undefined) {
            // Given to this host by the cluster.
            this.#requests.named(event, registered);
            this.#parts.onGiven(event.id);
        }
        if (hasContext(registered) && trigger !== 'manual') {
            Object.assign(this.#live.make(run), {trigger, dueMs});
        }
        this.#remember(run, {name: event.name, trigger, dueMs, queuedMs: event.atMs});
        this.#parts.announcements.queued(() => this.#infoIn('queued', run));
    }

    /** The event 'runsAccepted'. */
    accepted(runs) {
        runs.forEach((run) => this.#parts.acceptance.accepted(run));
    }

    /** The event 'runRefused'. */
    refused(event) {
        this.#requests.refused(event);
    }

    /** The event 'runRead'. */
    read(event, bytes, registered) {
        const {run, name, trigger, dueMs, queuedMs} = event;
        this.#requests.read(event, registered, bytes.length > 0 ? {data: decode(bytes.slice())} : {});
        this.#remember(run, {name, trigger, dueMs, queuedMs});
        this.#parts.announcements.queued(() => this.#infoIn('queued', run));
    }

    /** The event 'runStarted'. */
    started({run, name, attempt, thread, pid, atMs}, registered) {
        // What is known of the attempt before goes.
        this.#remember(run, {name, attempt, thread, startedMs: atMs, onlineMs: undefined, pid});
        const describe = () => this.#infoIn('running', run, {attempt});
        this.#parts.announcements.started(run, describe, registered, this.#live.get(run)?.inCaller);
    }

    /** The event 'runOnline'. */
    online({run, pid, atMs}) {
        this.#remember(run, {pid, onlineMs: atMs});
        this.#parts.announcements.online(() => this.#infoIn('running', run));
    }

    /** @returns {{id: string, trigger?: string, inCaller?: Function}} what tracers are told of a run that goes here */
    tracedRun(number) {
        const {trigger} = this.#parts.native.liveRun(number) ?? {};
        return {id: this.idOf(number), trigger, inCaller: this.#live.get(number)?.inCaller};
    }

    /** The event 'runSlow'. */
    slow({run, limitMs}) {
        this.#live.make(run).isSlow = true;
        this.#parts.announcements.slow(() => this.#infoIn('running', run), limitMs);
    }

    /** The event 'skipped'. */
    skipped(event) {
        const {name, dueMs, reason, count} = event;
        this.#parts.counters.skipped(event);
        const due = dueMs === undefined ? undefined : new Date(dueMs);
        this.#parts.announcements.skipped(() => ({job: name, due, reason, count}));
    }

    /** All due times of a job had gone by when its schedule was started. */
    past({name, when}) {
        const due = when.atMs === undefined ? undefined : new Date(when.atMs);
        this.#parts.announcements.skipped(() => ({job: name, due, reason: 'past', count: 1}));
    }

    /** The event 'inlineDue', of a handler. */
    due({run, attempt, wantedMs}, registered) {
        if (attempt === 1) {
            this.#parts.counters.inlineBegun(wantedMs);
        }
        const {options = {}} = this.#live.get(run) ?? {};
        const {job} = registered;
        this.#inline().begin(run, registered, {
            data: 'data' in options ? options.data : job.data,
            timeoutMs: options.timeout ?? job.timeout,
            facts: this.#factsOf(run, registered, attempt)
        });
    }

    /** @returns {import('../wire/run-context').RunContext} what a scheduled inline job with `context` is called with */
    contextOf(run, registered, attempt) {
        return this.#inline().contextOf(run, registered, this.#factsOf(run, registered, attempt));
    }

    /** @returns {boolean} has the host asked the run to stop? */
    isCancelled(run) {
        return this.#live.get(run)?.isAborted === true;
    }

    #factsOf(run, {name, attempts}, attempt) {
        const {options = {}, trigger = 'manual', dueMs, retryOf, fence} = this.#live.get(run) ?? {};
        return {
            id: this.idOf(run),
            name,
            attempt,
            attempts: options.attempts ?? attempts,
            trigger: retryOf === undefined ? trigger : 'retry',
            dueMs,
            fence
        };
    }

    /** The event 'inlineAbort'. */
    abort({run}) {
        const live = this.#live.make(run);
        live.isAborted = true;
        const reason = new Error(live.reason ?? 'The run was asked to stop');
        reason.name = 'AbortError';
        this.#inlineHandlers?.abort(run, reason);
    }

    /** @returns {{data: unknown, timeout?: number}} what a scheduled inline job is called with in this run, and for how long */
    inputOf(run, job) {
        const {options = {}} = this.#live.get(run) ?? {};
        return {data: 'data' in options ? options.data : job.data, timeout: options.timeout ?? job.timeout};
    }

    /** The function of a scheduled inline job has settled. */
    settled(run, error, value) {
        this.#inline().settled(run, error === undefined ? {value} : {error});
    }

    /** The event 'reported'. */
    reported({run, name, kind}, bytes, registered) {
        if (kind === 'result') {
            this.#live.make(run).result = valueOfBytes(bytes, true);
            return;
        }
        const report = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
        this.#report(run, kind, report, {name, registered});
    }

    /** The event 'attemptFailed', with its error. */
    attemptFailed(event, error) {
        const {run, name, registration, attempt, attempts, retryAtMs} = event;
        const {announcements, counters, jobs} = this.#parts;
        counters.attemptFailed(event);
        jobs.registered(name, registration)?.retried();
        const handle = this.#live.get(run)?.handle;
        const retryAt = retryAtMs === undefined ? undefined : new Date(retryAtMs);
        if (handle !== undefined) {
            Run.reported(handle, 'attempt failed', {error, attempt, attempts, retryAt});
        }
        const describe = () => this.#infoIn('retrying', run, {attempt});
        announcements.attemptFailed(run, describe, {error, retryAt, ending: event.ending});
        const {firstStartedMs} = event;
        this.#planned(run, {attempt: attempt + 1, retryAtMs, firstStartedMs});
    }

    /** The event 'retryPlanned'. */
    retryPlanned({run, retryAtMs}) {
        this.#planned(run, {...this.#live.get(run)?.next, retryAtMs});
    }

    /** Other hosts of a cluster are to know of the next attempt, if this one is lost. */
    #planned(run, next) {
        const {onAttemptFailed} = this.#parts;
        if (onAttemptFailed !== undefined) {
            this.#live.make(run).next = next;
            onAttemptFailed(this.idOf(run), next);
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
        const reason = this.#live.get(run)?.reason;
        const message = `The run of job "${name}" was cancelled: ${reason}`;
        return reason && {error: new JobError('JOB_CANCELLED', name, message, {reason})};
    }

    /**
     * The event 'runEnded'.
     *
     * @param {object} event
     * @param {import('../jobs/registered-jobs').RegisteredJob} [registered]
     * @param {object} end
     * @param {unknown} [end.error] - of a run that did not complete
     * @param {Uint8Array} [end.bytes] - of the value that a handler in a process has returned
     * @param {object[]} [end.failures] - its failed attempts
     * @param {number} [end.pid] - of a script
     * @returns {{id: string, read: () => unknown}} `read` gives its value
     */
    ended(event, registered, {error, bytes = NO_BYTES, failures, pid}) {
        const {run} = event;
        const live = this.#live.take(run);
        this.#watch.ended();
        const limit = historyLimit(registered);
        const value = this.#valueOf(event, bytes, {live, isWanted: live !== undefined || limit !== 0});
        const id = event.id ?? live?.handle?.id ?? this.#numbered(run);
        const isLeft = event.ending.cause === 'left';
        const outputBytes = this.#outputBytesOf(run, registered, live);
        const ended = new EndedRun(event, {id, registered, live, error, value, failures, pid, outputBytes});
        const read = () => value.read();
        if (!isLeft) {
            this.#history.add(ended, limit);
            registered?.ended(ended);
            this.#parts.counters.ended(event, ended, failures);
        }
        this.#parts.onEnded?.(id, {error, cause: event.ending.cause, read});
        this.#countDropped(event);
        this.#inlineHandlers?.forget(run);
        if (live?.handle !== undefined) {
            this.#requests.ended(live.handle);
            Run.ended(live.handle, {error, read, info: () => ended.info()});
        }
        if (!isLeft) {
            this.#parts.announcements.ended(run, () => ended.info(), {error, read, ending: event.ending});
        }
        return {id, read};
    }

    /**
     * A named inline job without a run of its own has failed in the queue: that is kept as a run.
     *
     * @param {{name: string, error: unknown}} failure
     */
    inlineFailed({name, error}) {
        const run = takeRunNumber();
        const atMs = Date.now();
        const event = {run, name, trigger: 'now', queuedMs: undefined, attempt: 1, attempts: 1, atMs};
        const id = this.#numbered(run);
        const ended = new EndedRun(
            {...event, ending: {cause: 'error'}, gaveUp: 'attempts'},
            {id, error, value: NONE}
        );
        this.#history.add(ended);
        this.#parts.announcements.ended(run, () => ended.info(), {error});
    }

    /**
     * @param {string} id
     * @returns {import('../../index').RunInfo | undefined} the run, if it has not ended or is kept
     */
    info(id) {
        const handle = this.#requests.withId(id);
        if (handle !== undefined) {
            return handle.info();
        }
        return this.#known(id)?.info() ?? this.#parts.kept.get(id)?.info();
    }

    /**
     * @param {string} id
     * @param {{from?: number, lines?: boolean}} [options] - checked
     * @returns {import('../../index').RunOutput | undefined} what the run has printed and logged; undefined for one that this
     *   host does not know
     */
    output(id, {from = 0, lines} = {}) {
        const number = this.numberOf(id);
        if (number === undefined) {
            return undefined;
        }
        const {native} = this.#parts;
        // First: output that comes between the two calls is read the next time.
        const isLive = (native.liveRun(number) ?? undefined) !== undefined;
        const excerpt = native.output(number, from) ?? undefined;
        if (excerpt === undefined) {
            return isLive || this.info(id) !== undefined ? (lines ? NO_LINES : NO_OUTPUT) : undefined;
        }
        return runOutput(excerpt, {isLive, lines});
    }

    /** The event 'outputGrew'. */
    outputGrew({run, name}) {
        this.#parts.announcements.outputGrew(run, {runId: this.idOf(run), job: name});
    }

    /** @returns {boolean} whether a run has not ended, or is in the history of this host */
    isKnown(id) {
        return this.#known(id) !== undefined;
    }

    #known(id) {
        const number = this.numberOf(id);
        if (number === undefined) {
            return undefined;
        }
        const info = this.#liveInfo(number);
        return info === undefined ? (this.#history.get(number) ?? this.#ending(number)) : {info: () => info};
    }

    /** A run that has ended, and the event of that waits: it is neither live nor in the history. */
    #ending(number) {
        const state = this.#parts.native.endingRun(number) ?? undefined;
        return state && {info: () => this.#shown(number, state)};
    }

    /** @returns {number | undefined} when a run was queued, by its id */
    queuedMsOf(id) {
        return (this.info(id)?.queued ?? undefined)?.getTime();
    }

    /**
     * @param {{job?: string, state?: string, before?: number, limit: number}} filter
     * @returns {{number: number, info: () => import('../../index').RunInfo}[]} runs that have not ended, as far as events
     *   have told
     */
    live(filter) {
        const {job, state: wanted, before = Infinity, limit} = filter;
        const {runs} = this.#parts.native.liveRuns(filter);
        // One may have ended between the two calls.
        const seen = new Set(runs.map(({run}) => run));
        const isMeant = ({run, state}) => !seen.has(run) && run < before && (wanted ?? state) === state;
        const ending = this.#parts.native.endingRuns(job, limit).filter(isMeant);
        return [...runs, ...ending].map((state) => ({
            number: state.run,
            info: () => this.#shown(state.run, state)
        }));
    }

    /** @returns {Promise<import('../../index').RunInfo>} the run, which has ended */
    async cancelById(id, reason) {
        const number = this.numberOf(id);
        const handle = this.#live.get(number)?.handle;
        if (handle !== undefined) {
            return handle.cancel(reason);
        }
        await this.cancel(number, reason);
        return this.info(id);
    }

    /**
     * @param {string} id - of a run that failed
     * @returns {object} the options of `runJob` for another run like it
     * @throws {IncorrectUsageError} RUN_DATA_GONE
     */
    optionsOf(id) {
        const ended = this.#history.get(this.numberOf(id));
        const kept =
            ended === undefined || ended.requestOptions === TOO_LARGE ? this.#parts.kept.get(id) : undefined;
        const options = kept?.requestOptions ?? ended?.requestOptions ?? {};
        if (options === TOO_LARGE) {
            throw incorrectUsage({
                message:
                    `The run "${id}" of job "${ended.name}" cannot be tried again: its data was not kept, because it is larger ` +
                    `than 64 KiB or holds more than plain values. Call runJob("${ended.name}") with it again`,
                code: 'RUN_DATA_GONE'
            });
        }
        return options;
    }

    /** @returns {{id: string, name: string} | undefined} the run of a job that was queued last, as a handle */
    latest(name) {
        const [run] = this.#parts.native.liveRuns({job: name, limit: 1}).runs;
        return run && this.#requests.handleOf(run.run, name);
    }

    /** For Run, of one that has not ended as far as is known here. */
    infoOf(number) {
        // Ended, and the event of it waits.
        return this.#liveInfo(number) ?? this.#shown(number, {state: 'running'});
    }

    #liveInfo(number) {
        const state = this.#parts.native.liveRun(number) ?? undefined;
        return state && this.#shown(number, state);
    }

    /** What an event tells of a run, which may have gone on since: `told` are facts of the event itself. */
    #infoIn(state, number, told = {}) {
        const known = this.#live.get(number)?.facts;
        const now = this.#parts.native.liveRun(number) ?? undefined;
        const attempt = told.attempt ?? known?.attempt;
        // Of a later attempt neither times nor the process are those of this one.
        const isLater = now !== undefined && attempt !== undefined && now.attempt !== attempt;
        const facts = isLater ? {...now, ...known} : {...known, ...now};
        return this.#shown(number, {...facts, ...told, state});
    }

    /** Keeps what an event has told, where somebody listens to events: the next ones tell it, too. */
    #remember(number, facts) {
        if (this.#parts.announcements.isWatching) {
            const live = this.#live.make(number);
            live.facts = {...live.facts, ...facts};
        }
    }

    #shown(number, state) {
        const live = this.#live.get(number);
        const {handle, queuedMs, progress, retryOf} = live ?? {};
        return runInfo({
            queuedMs,
            ...state,
            id: handle?.id ?? state.id ?? this.#numbered(number),
            name: handle?.name ?? state.name,
            progress,
            retryOf,
            outputBytes: this.#parts.native.outputBytes(number),
            failures: this.#parts.failed.get(number)?.failures
        });
    }

    /** For Run: calls its listeners. */
    emit(emitter, event, value) {
        safely(this.#parts.logger, `A listener for "${event}"`, () => void emitter.emit(event, value));
    }

    /** For Run: resolves when it has ended. */
    async cancel(number, reason) {
        if (reason !== undefined) {
            this.#live.make(number).reason ??= String(reason);
        }
        const {native, settle} = this.#parts;
        try {
            checkStopped(await settle((request) => native.cancelRun(number, request)));
        } catch (error) {
            if (error.code !== 'RUN_UNKNOWN') {
                throw error;
            }
        }
    }

    /** @returns {string} the id of a run that has not ended */
    idOf(number) {
        return this.#live.get(number)?.handle?.id ?? this.#numbered(number);
    }

    /** @returns {string} the id of a run that the host has given none */
    #numbered(number) {
        return `${this.#parts.instance}-${number}`;
    }

    #inline() {
        if (this.#inlineHandlers === undefined) {
            const {InlineHandlers} = require('./inline-handlers');
            this.#inlineHandlers = new InlineHandlers({
                onSettled: (run, failed, outcome) => this.#inlineSettled(run, failed, outcome),
                sinkOf: (run, registered) => this.#sinkOf(run, registered),
                traceOf: (run, registered, {name, attempt}) =>
                    contextOf(
                        {...this.tracedRun(run), job: name, attempt},
                        registered,
                        this.#parts.instance,
                        'inline'
                    )
            });
        }
        return this.#inlineHandlers;
    }

    /** The function of a handler has settled. A store keeps what came of it. */
    #inlineSettled(run, failed, outcome) {
        const {acceptance, native} = this.#parts;
        acceptance?.flushSoon();
        native.inlineEnded(run, failed, acceptance && bytesOf(outcome));
    }

    #sinkOf(run, registered) {
        const of = {name: registered.name, registered};
        const isWatched = registered.job.stallAfter !== undefined;
        const alive = () => isWatched && this.#parts.native.inlineAlive(run);
        return {
            progress: (report) => {
                alive();
                this.#report(run, 'progress', report, of);
            },
            log: (line) => {
                alive();
                this.#parts.native.inlineLogged(run, Buffer.from(JSON.stringify(line)));
                this.#report(run, 'log', line, of);
            },
            alive,
            result: (value) => {
                this.#live.make(run).result = valueOf(value);
            }
        };
    }

    #report(run, kind, report, {name, registered}) {
        const {announcements} = this.#parts;
        const runId = this.idOf(run);
        const value = kind === 'log' ? logLine(report) : Object.freeze({...report, at: new Date()});
        if (kind === 'log') {
            this.#live.make(run).hasLogged = true;
            this.#log(value, {name, registered, runId});
            announcements.log(() => ({runId, job: name, line: value}));
        } else {
            this.#live.make(run).progress = value;
            announcements.progress(() => ({runId, job: name, progress: value}));
        }
        const handle = this.#live.get(run)?.handle;
        if (handle !== undefined) {
            Run.reported(handle, kind, value);
        }
    }

    /** Writes a line of a run to the host's log. */
    #log({level, message, fields}, {name, registered, runId}) {
        if (registered?.job.logToHost === false) {
            return;
        }
        const {logger} = this.#parts;
        // Not every logger has all levels.
        const write = typeof logger[level] === 'function' ? level : 'info';
        safely(logger, 'The logger', () =>
            logger[write](`Job "${name}": ${message}`, {job: name, runId, ...fields})
        );
    }

    /** How much a run that has ended has printed and logged. Most have nothing that is kept, and are not asked for. */
    #outputBytesOf(run, registered, live) {
        const mayHave = registered === undefined || registered.keepsOutput || live?.hasLogged;
        return mayHave ? this.#parts.native.outputBytes(run) : 0;
    }

    /** What the run returned, or else gave to `run.result`. */
    #valueOf({run, ending}, bytes, {live, isWanted}) {
        const outcome = this.#inlineHandlers?.outcomeOf(run);
        const returned = outcome ? valueOf(outcome.value) : valueOfReturned(ending, bytes, isWanted);
        return returned === NONE ? (live?.result ?? NONE) : returned;
    }

    #countDropped({ending, startedMs}) {
        if (this.#isClosing && ending.cause === 'cancelled' && startedMs === undefined) {
            this.#dropped += 1;
        }
    }

    /** @returns {number | undefined} the number that an id stands for, of a run that may be known no more */
    numberOf(id) {
        const handle = this.#requests.withId(id);
        if (handle !== undefined) {
            return Run.numberOf(handle);
        }
        const {instance} = this.#parts;
        const number = id.startsWith(`${instance}-`) ? Number(id.slice(instance.length + 1)) : NaN;
        return Number.isInteger(number) && number > 0 && number < 2 ** 32 ? number : undefined;
    }
}

/** A run that has ended, with what is kept of it. */
class EndedRun {
    #event;
    #known;

    /**
     * @param {object} event - 'runEnded'
     * @param {object} known - `id`, `registered`, `live`, `error`, `value`, `failures`, `pid`, `outputBytes`
     */
    constructor(event, {id, registered, live, error, value, failures, pid, outputBytes = 0}) {
        this.number = event.run;
        this.id = id;
        this.name = event.name;
        this.endedMs = event.atMs;
        this.attempt = event.attempt;
        this.outputBytes = outputBytes;
        /** What `runJob` was given, if it failed; `TOO_LARGE` without the data. */
        this.requestOptions = error === undefined ? undefined : keptOptions(live?.options);
        const keepResult = registered?.job.keepResult ?? DEFAULT_KEEP_RESULT_BYTES;
        this.#event = event;
        this.#known = {
            id,
            cause: causeOf(event.ending.cause, error),
            error: errorInfo(error),
            value: value.within(keepResult),
            progress: live?.progress,
            retryOf: live?.retryOf,
            isSlow: live?.isSlow,
            failures,
            pid,
            outputBytes
        };
    }

    /** How it ended. */
    get cause() {
        return this.#known.cause;
    }

    /** @returns {'completed' | 'failed' | 'cancelled'} */
    get state() {
        const {cause, error} = this.#known;
        return error === undefined ? 'completed' : cause === 'cancelled' ? 'cancelled' : 'failed';
    }

    /** @returns {import('../../index').RunInfo} */
    info() {
        const event = this.#event;
        const known = this.#known;
        // One by one: to spread the two takes ten times as long, and a page of runs has a thousand.
        return runInfo({
            id: event.id ?? known.id,
            name: event.name,
            state: this.state,
            trigger: event.trigger,
            dueMs: event.dueMs,
            queuedMs: event.queuedMs,
            startedMs: event.startedMs,
            onlineMs: event.onlineMs,
            endedMs: event.atMs,
            attempt: event.attempt,
            attempts: event.attempts,
            failures: known.failures,
            gaveUp: event.gaveUp,
            retryOf: known.retryOf,
            ending: event.ending,
            cause: known.cause,
            error: known.error,
            progress: known.progress,
            value: known.value,
            isSlow: known.isSlow,
            outputBytes: known.outputBytes,
            thread: event.thread,
            pid: known.pid
        });
    }
}

const TOO_LARGE = Symbol('too large');

function keptOptions(options) {
    if (options === undefined) {
        return undefined;
    }
    const {data, priority, attempts, timeout} = options;
    return sizeOf(data) <= MOST_KEPT_DATA_BYTES ? {data, priority, attempts, timeout} : TOO_LARGE;
}

/** What the store keeps of the outcome of a function. */
function bytesOf(outcome) {
    try {
        return 'error' in outcome ? serializeError(outcome.error) : encode(outcome.value);
    } catch {
        // It cannot be cloned.
        return NO_BYTES;
    }
}

/** Whether the function of an inline job is called with its run. */
const hasContext = (registered) =>
    registered?.isInline === true && (registered.handler !== undefined || registered.job.context === true);

/** @returns {number | undefined} runs kept of a job, if it has such an option */
function historyLimit(registered) {
    const history = registered?.job.history;
    return history === false ? 0 : history;
}

const valueOfReturned = ({cause}, bytes, isWanted) =>
    cause === 'returned' ? valueOfBytes(bytes, isWanted) : NONE;

/** How a run ended, where the native side knows only that its function threw. */
function causeOf(cause, error) {
    try {
        return error?.code === 'JOB_TIMEOUT' ? 'timeout' : cause;
    } catch {
        // A function may throw anything: here something whose properties cannot be read.
        return cause;
    }
}

function logLine({atMs, level, message, fields}) {
    return {at: new Date(atMs), level, message, fields};
}

module.exports = {Runs};
