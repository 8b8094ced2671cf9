'use strict';

/**
 * Delivers events of the native side to the host: calls its handlers, updates `jobManager.bree`, and settles the
 * promises of requests. Keeps a WorkerView for each run from its start to its end.
 */

const {deserialize, deserializeError} = require('../wire/clone');
const {runError} = require('../host/errors');
const {safely} = require('../host/safe-call');
const {clockLine} = require('./clock-line');
const {WORKING_LINE, failingLine, orphanLine} = require('./store-lines');
const {addAttempts, retryLine} = require('./failed-attempts');
const {Uncalled} = require('./uncalled');
const {textOf} = require('../wire/text-of');
const {WorkerView} = require('./worker-view');

/** Whether a run completed: its job posted 'done', its handler returned, or its process exited with code 0. */
const isCompletion = (end) =>
    end.cause === 'done' || end.cause === 'returned' || (end.cause === 'exit' && end.exitCode === 0);
/** Whether the host itself requested the end: such a run is not reported to `errorHandler`. */
const isRequested = (end) => end.cause === 'cancelled' || end.cause === 'left';

/** The envelope of an error that is known already. */
const NO_BYTES = new Uint8Array(0);
/** Bytes of events that are read before the next ones are taken. */
const SCRATCH_BYTES = 16 * 1024;

class JobEvents {
    #native;
    #bree;
    #host;
    #workers = new Map();
    #inlineRuns;
    #failed;
    #requests = new Map();
    #nextRequest = 1;
    #isPumping = false;
    #uncalled;
    /** Where the bytes of short batches are put: overwritten by the next one. */
    #scratch = new Uint8Array(SCRATCH_BYTES);
    /** Registrations whose current run has caused a warning about a skipped due time. */
    #warnedOfOverlap = new Set();
    /** Runs that have caused a warning about captured output that is not read. */
    #warnedOfUnread = new Set();

    /**
     * @param {import('../native/binding').NativeManager} native
     * @param {import('./bree-facade').BreeFacade} bree
     * @param {object} host - handlers of events, each called in the scope of its job: `failed` (FailedAttempts), `inlineRuns` (InlineRuns), `logger`, `registered(name, number)`,
     *   `workerOptions(registered)`, `onMessage`, `onCompletion`, `onError`, `onBackoffAsked`, `onInlineDue`, `onInlineWaits`,
     *   `onInlineGaveUp`, `onInlineEnded`, `onPaused`, `onResumed`, `onAllPaused`, `onAllResumed`, `onMissed`, `onEnvironmentWanted`, `runs()` (see lib/runs/runs.js), and
     *   `onMore` when `pump` has to be called again
     */
    constructor(native, bree, host) {
        this.#native = native;
        this.#failed = host.failed;
        this.#bree = bree;
        this.#host = host;
        this.#uncalled = new Uncalled(host.logger);
        this.#inlineRuns = host.inlineRuns;
    }

    /**
     * Makes a request that is settled by an event.
     *
     * @param {(request: number) => void} send
     * @returns {Promise<{timedOut: boolean, survivors: {pid: number, message: string}[]}>} `survivors` are
     *   processes that could not be ended
     */
    request(send) {
        const request = this.#nextRequest++;
        send(request);
        return new Promise((resolve) => this.#requests.set(request, resolve));
    }

    /**
     * Takes and handles at most one batch of events. Never throws.
     *
     * @returns {boolean} whether there was a batch; false if called by a handler while a batch is being handled
     */
    pump() {
        const batch = this.#isPumping ? undefined : this.#native.takeEvents(this.#scratch);
        if (!batch) {
            return false;
        }
        const bytes = batch.bytes ?? this.#scratch;
        this.#isPumping = true;
        for (const event of batch.events) {
            safely(this.#host.logger, `The handler of the native event "${event.type}"`, () =>
                this.#takeInScope(event, bytes)
            );
        }
        this.#isPumping = false;
        if (batch.hasMore) {
            // No further wake-up announces the remaining events. The host's event loop gets its turn first.
            this.#host.onMore();
        }
        return true;
    }

    /** Handlers, listeners and loggers run in the async context of the job's `addJob`. */
    #takeInScope(event, bytes) {
        const {run} = event;
        const scope =
            this.#workers.get(run)?.scope ?? this.#failed.get(run)?.last.scope ?? this.#registered(event);
        return scope ? scope.run(() => this.#take(event, bytes)) : this.#take(event, bytes);
    }

    /** The job of an event, also when it has been removed since; undefined for an event about no job. */
    #registered({name, registration}) {
        return name === undefined ? undefined : this.#host.registered(name, registration);
    }

    #take(event, bytes) {
        switch (event.type) {
            case 'runQueued':
                return this.#host.runs().queued(event, this.#registered(event));
            case 'runsAccepted':
                return this.#host.runs().accepted(event.runs);
            case 'runRefused':
                return this.#host.runs().refused(event);
            case 'runRead':
                return this.#host
                    .runs()
                    .read(event, bytes.subarray(event.start, event.end), this.#registered(event));
            case 'orphanRuns':
                return this.#host.logger.warn(orphanLine(event));
            case 'storeFails':
                return this.#host.logger.error(failingLine(event));
            case 'storeWorks':
                return this.#host.logger.info(WORKING_LINE);
            case 'reported':
                return this.#host
                    .runs()
                    .reported(event, bytes.subarray(event.start, event.end), this.#registered(event));
            case 'inlineAbort':
                return this.#host.runs().abort(event);
            case 'attemptFailed':
                return this.#attemptFailed(event, bytes.subarray(event.start, event.end));
            case 'retryPlanned':
                this.#host.runs().retryPlanned(event);
                return this.#logRetry(this.#failed.get(event.run)?.last, event.retryAtMs - Date.now());
            case 'runStarted':
                return this.#runStarted(event);
            case 'runOnline':
                return this.#runOnline(event);
            case 'processLost':
                return this.#processLost(event, bytes.subarray(event.start, event.end));
            case 'message':
                // The value of the message may keep these bytes.
                return this.#message(event, bytes.slice(event.start, event.end));
            case 'exportsFunction':
                this.#workers.get(event.run).exported = {isIdle: event.isIdle};
                return undefined;
            case 'lateError':
                return this.#lateError(event.run, bytes.subarray(event.start, event.end));
            case 'output':
                return this.#output(event, bytes.slice(event.start, event.end));
            case 'outputGrew':
                return this.#host.runs().outputGrew(event);
            case 'runEnded':
                return this.#runEnded(event, bytes.subarray(event.start, event.end));
            case 'inlineDue':
                if (this.#registered(event)?.handler) {
                    return this.#host.runs().due(event, this.#registered(event));
                }
                this.#warnedOfOverlap.delete(event.registration);
                this.#inlineRuns.due(event.run);
                return this.#host.onInlineDue(this.#registered(event), event);
            case 'skipped':
                return this.#skipped(event);
            case 'requestSettled':
                this.#requests.get(event.request)?.({timedOut: event.timedOut, survivors: event.survivors});
                return this.#requests.delete(event.request);
            case 'jobPaused':
                return this.#host.onPaused(this.#registered(event), event);
            case 'jobResumed':
                return this.#host.onResumed(this.#registered(event));
            case 'allPaused':
                return this.#host.onAllPaused(event);
            case 'allResumed':
                return this.#host.onAllResumed();
            case 'runSlow':
                return this.#slow(event);
            case 'clockSetBack':
                return this.#host.logger.warn(clockLine(event));
            case 'environmentWanted':
                return this.#host.onEnvironmentWanted();
            default:
                throw new Error(`Unknown event ${event.type}`);
        }
    }

    #runStarted(event) {
        const {run, name, thread, attempt} = event;
        const registered = this.#registered(event);
        this.#host.runs().started(event, registered);
        if (registered?.handler || registered?.isInline) {
            // Reported only if somebody listens. It has no worker of its own.
            this.#host.runs().online(event);
            return;
        }
        const options = this.#host.workerOptions(registered);
        const worker = new WorkerView(this.#native, run, {name, scope: registered, thread, attempt}, options);
        this.#workers.set(run, worker);
        this.#bree.workerCreated(name, worker);
        this.#emit(this.#bree, 'worker created', name);
    }

    #runOnline(event) {
        const {run, pid} = event;
        const worker = this.#workers.get(run);
        worker.pid = pid;
        this.#host.runs().online(event);
        this.#host.logger.info(`Worker for job "${worker.jobName}" online`, {worker: worker.meta});
        this.#emit(worker, 'online');
    }

    #message({run, name}, bytes) {
        let message;
        try {
            message = deserialize(bytes);
        } catch {
            // `postMessage` cannot have sent this, so nothing that follows on the channel can be trusted either.
            this.#native.badMessage(run);
            return;
        }
        const worker = this.#workers.get(run);
        if (worker === undefined) {
            // A handler posts messages rather than events of a worker, which it does not have.
            this.#host.onMessage({name, message});
            return;
        }
        worker.hasPosted = true;
        worker.hasAcknowledged ||= message === 'cancelled';
        this.#host.onMessage({name: worker.jobName, message, worker: worker.meta});
        this.#emit(worker, 'message', message);
    }

    #output({run, isStderr}, bytes) {
        const worker = this.#workers.get(run);
        if (!worker.printed(isStderr, bytes) && !this.#warnedOfUnread.has(run)) {
            this.#warnedOfUnread.add(run);
            const stream = isStderr ? 'stderr' : 'stdout';
            this.#host.logger.warn(
                `Job "${worker.jobName}" writes to ${stream}, which is captured but not read (option worker.${stream}): ` +
                    `after 1 MiB of unread output the job's writes block. Read the worker's "${stream}" stream, call ` +
                    `its resume() to discard the output, or leave out the option`,
                {worker: worker.meta}
            );
        }
    }

    /** No run went in it, so none fails. */
    #processLost({name, ending}, envelope) {
        const error = errorOf(name, ending, envelope);
        this.#host.logger.error(
            `A process of job "${name}" ended between two runs: ${textOf(error)}. The next run gets another one. Something ` +
                'that an earlier run left behind may have caused it, such as a timer or a promise that nobody waited for'
        );
    }

    /** 'done' has decided how the run ended. */
    #lateError(run, envelope) {
        const {jobName} = this.#workers.get(run);
        const error = errorOf(jobName, {cause: 'error'}, envelope);
        this.#host.logger.error(
            `Job "${jobName}" threw after it had posted 'done', so the run counts as completed: ${textOf(error)}`
        );
    }

    /** An attempt has failed, and another follows, or the host is asked when. */
    #attemptFailed(event, envelope) {
        const {run, name, attempt, attempts, ending: end, retryAtMs, atMs} = event;
        const scope = this.#registered(event);
        const isInline = this.#inlineRuns.has(run);
        const worker = this.#takeWorker(run);
        const error = isInline ? this.#inlineRuns.waits(run) : this.#errorOf(event, envelope);
        const failure = {name, attempt, attempts, cause: end.cause, error, atMs, worker: worker?.meta, scope};
        const {firstMs} = this.#failed.add(run, failure, atMs - end.elapsedMs);
        if (isInline) {
            this.#host.onInlineWaits();
        } else {
            const exitCode = worker?.ended(end);
            this.#attemptOver(worker, {run, name, end, error, exitCode, attempt, retryAtMs});
        }
        this.#host.runs().attemptFailed(event, error);
        if (retryAtMs !== undefined) {
            this.#logRetry(failure, retryAtMs - atMs);
            return;
        }
        const runId = this.#host.runs().idOf(run);
        const question = {name, runId, attempt, attempts, error, cause: end.cause, elapsedMs: atMs - firstMs};
        this.#host.onBackoffAsked(scope, run, question);
    }

    #logRetry(failure, pauseMs) {
        if (failure) {
            this.#host.logger.warn(retryLine(failure, pauseMs));
        }
    }

    #runEnded(event, envelope) {
        const {run, name, registration, ending: end} = event;
        const failed = this.#failed.take(run);
        if (this.#inlineRuns.has(run)) {
            this.#inlineEnded(event, failed);
            return;
        }
        // A run that was stopped while it still waited for a process never had a worker.
        const worker = this.#takeWorker(run);
        this.#warnedOfOverlap.delete(registration);
        if (!worker && end.cause !== 'left' && isWaiting(event, failed)) {
            this.#gaveUp(event, failed);
            return;
        }
        const attempt = worker?.attempt ?? event.attempt;
        const error = isCompletion(end)
            ? this.#uncalled.check(name, worker, this.#host.registered(name, registration))
            : this.#errorOf(event, envelope);
        const outcome = {error, bytes: envelope, failures: failed?.failures, pid: worker?.pid};
        const {id, read} = this.#host.runs().ended(event, this.#registered(event), outcome);
        const exitCode = worker?.ended(end);
        if (error === undefined) {
            this.#host.onCompletion(name, read);
        } else {
            addAttempts(error, failed?.failures);
            const meta = this.#meta(event, id, {worker: worker?.meta, attempt});
            this.#host.onError(error, meta, {isRequested: isRequested(end)});
        }
        this.#attemptOver(worker, {run, name, end, error, exitCode, attempt});
    }

    /**
     * A run that waited for its next attempt is not tried again: it fails with the error of its last attempt, unless the
     * host has cancelled it. `errorHandler` gets that error in any case: it has not been called for this run. One that goes on
     * on another host has not failed.
     */
    #gaveUp(event, {last, failures}) {
        addAttempts(last.error, failures.slice(0, -1));
        const isStopped = isRequested(event.ending);
        const isElsewhere = event.ending.cause === 'leaseLost' || (isStopped && event.gaveUp === 'shutdown');
        const error = isStopped || isElsewhere ? this.#errorOf(event, NO_BYTES) : last.error;
        const {id} = this.#host.runs().ended(event, this.#registered(event), {error, failures});
        const reported = isElsewhere ? error : last.error;
        this.#host.onError(reported, this.#meta(event, id, last), {isRequested: isElsewhere && isStopped});
    }

    #inlineEnded(event, failed) {
        const {error, decide} = this.#inlineRuns.take(event.run);
        if (decide) {
            addAttempts(error, failed?.failures);
            decide(true);
        } else if (failed && event.ending.cause !== 'done') {
            addAttempts(error, failed.failures.slice(0, -1));
            this.#host.onInlineGaveUp(failed.last.scope, error);
        }
        const registered = this.#registered(event);
        const isOfEnd = error === undefined || isRequested(event.ending);
        const failure =
            event.ending.cause === 'done' ? undefined : isOfEnd ? this.#errorOf(event, NO_BYTES) : error;
        this.#host.runs().ended(event, registered, {error: failure, failures: failed?.failures});
        this.#host.onInlineEnded(registered);
    }

    /** The error of an attempt, or of a run, that did not complete. */
    #errorOf(event, envelope) {
        const known = this.#host.runs().failureOf(event);
        return known ? known.error : errorOf(event.name, event.ending, envelope);
    }

    /** The second argument of `errorHandler`. */
    #meta(event, runId, {worker, attempt}) {
        const {name, gaveUp} = event;
        const attempts = this.#registered(event)?.attempts ?? attempt;
        const meta = {name, worker, runId, attempt, attempts};
        return attempts > 1 && gaveUp !== undefined ? {...meta, gaveUp} : meta;
    }

    #takeWorker(run) {
        const worker = this.#workers.get(run);
        this.#workers.delete(run);
        this.#warnedOfUnread.delete(run);
        return worker;
    }

    /** Emits the events of an attempt that has ended. */
    #attemptOver(worker, {run, name, end, error, exitCode, attempt, retryAtMs}) {
        if (worker) {
            if (end.cause === 'error' && worker.listenerCount('error') > 0) {
                this.#emit(worker, 'error', error);
            }
            this.#logEnd(worker, end);
            this.#emit(worker, 'exit', exitCode);
            this.#bree.workerDeleted(name, worker);
            this.#emit(this.#bree, 'worker deleted', name);
        }
        const summary = {name, threadId: worker?.threadId ?? run, ...end, attempt};
        const retryAt = retryAtMs === undefined ? {} : {retryAt: new Date(retryAtMs)};
        this.#emit(this.#bree, 'run ended', {...summary, ...retryAt});
    }

    /** Logs ends that are reported to no handler of the host. */
    #logEnd(worker, end) {
        const {cause} = end;
        const {logger} = this.#host;
        if (cause === 'exit' && isCompletion(end)) {
            logger.info(`Worker for job "${worker.jobName}" exited with code 0`, {worker: worker.meta});
        } else if (cause === 'cancelled' && worker.hasAcknowledged) {
            logger.info(`Gracefully cancelled worker for job "${worker.jobName}"`, {worker: worker.meta});
        } else if (cause === 'cancelled') {
            logger.warn(cancelledLine(worker), {worker: worker.meta});
        }
    }

    /** A run takes longer than `warnAfter`. */
    #slow(event) {
        const {name, run, limitMs} = event;
        const runId = this.#host.runs().idOf(run);
        this.#host.logger.warn(
            `Job "${name}" takes longer than usual: run ${runId} has been running for ${limitMs} ms ("warnAfter"). It goes on`
        );
        this.#host.runs().slow(event);
    }

    #skipped(event) {
        const {name, registration, reason, skipped} = event;
        this.#host.runs().skipped(event);
        if (reason === 'overlap' && !this.#warnedOfOverlap.has(registration)) {
            // Once for each run: a job that hangs must not fill the log.
            this.#warnedOfOverlap.add(registration);
            this.#host.logger.warn(`Job "${name}" is already running`, {skipped});
        } else if (reason === 'missed') {
            this.#host.logger.warn(
                `A run of job "${name}" was skipped because its due time passed before it could start`
            );
            this.#host.onMissed(this.#registered(event));
        }
    }

    #emit(emitter, event, ...args) {
        // A listener that throws must not keep the others, or the host, from what follows.
        safely(this.#host.logger, `A listener for "${event}"`, () => void emitter.emit(event, ...args));
    }
}

/** The log line for a cancelled run whose job did not post 'cancelled'. `pid` is set once the job has begun. */
function cancelledLine({jobName, pid}) {
    if (pid === undefined) {
        return `Job "${jobName}" was cancelled before it began: its process was killed`;
    }
    return (
        `Job "${jobName}" was cancelled: its process ended, or was terminated after the grace period, without ` +
        `acknowledging 'cancel'. To acknowledge it, post 'cancelled' from the job once it has cleaned up`
    );
}

/** Whether a run without a process ended while it waited for an attempt, rather than with one. */
function isWaiting({gaveUp, startedMs, ending}, failed) {
    const isOfAttempt = gaveUp === 'attempts' || gaveUp === 'permanent';
    // The start is that of its last attempt; absent where the next one waits for its turn.
    return failed !== undefined && !isCompletion(ending) && !isOfAttempt && !(startedMs > failed.last.atMs);
}

/** The error of a run that did not complete. A job may throw any value, `undefined` included. */
function errorOf(name, end, envelope) {
    if (end.cause !== 'error') {
        return runError(name, end);
    }
    try {
        const thrown = deserializeError(envelope.slice());
        return thrown ?? new Error(`Job "${name}" threw ${textOf(thrown)}`);
    } catch {
        return runError(name, {cause: 'channel', message: 'it sent an error that cannot be deserialized'});
    }
}

module.exports = {JobEvents};
