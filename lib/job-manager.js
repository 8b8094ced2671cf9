'use strict';

// First: this may be a process that must not go on.
require('./native/worker-script').refuseToRunAgain();

const {BreeFacade} = require('./events/bree-facade');
const {Completions} = require('./events/completions');
const {createNative, newInstance} = require('./native/create-native');
const {FailedAttempts} = require('./events/failed-attempts');
const {FailureLog} = require('./events/failure-log');
const {StoreError, incorrectUsage} = require('./host/errors');
const {HostEnvironment} = require('./host/host-environment');
const {checkInline, resolveModule} = require('./inline/inline-function');
const {InlineJobs} = require('./inline/inline-jobs');
const {explainClosure} = require('./jobs/function-source');
const {InlineRunner} = require('./inline/inline-runner');
const {InlineRuns} = require('./events/inline-runs');
const {InlineTurns} = require('./runs/inline-turns');
const {packageVersion} = require('./native/native');
const tables = require('./jobs/option-tables');
const {JobEvents} = require('./events/job-events');
const {JobsRepository} = require('./one-off/jobs-repository');
const {KeepAlive} = require('./host/keep-alive');
const {Lifecycle} = require('./host/lifecycle');
const {createLogger, prepareLogger} = require('./host/logging');
const {OptionChecker} = require('./host/options');
const {OneOffJobs} = require('./one-off/one-off-jobs');
const {JobDefaults} = require('./jobs/job-defaults');
const {statusOf} = require('./one-off/row');
const {bootVariables} = require('./jobs/node-flags');
const {RegisteredJobs} = require('./jobs/registered-jobs');
const {checkHandler} = require('./jobs/handler-options');
const {checkStaleAfter, retryOptions} = require('./jobs/retry-options');
const {Inspection} = require('./runs/inspection');
const {RunAnnouncements} = require('./runs/run-announcements');
const {Runs} = require('./runs/runs');
const {Steering} = require('./runs/steering');
const {Acceptance} = require('./store/acceptance');
const {KeptRuns} = require('./store/kept-runs');
const {inMemoryLine} = require('./events/store-lines');
const {storeRequest} = require('./store/store-options');
const {JobListeners} = require('./host/job-listeners');
const {within} = require('./host/deadline');
const {safely} = require('./host/safe-call');

/** Taken now: a host may replace it by a clock that stands still. */
const nowMs = performance.now.bind(performance);

/**
 * Registers jobs and runs them: inline on this event loop, or offloaded to processes of their own;
 * now, at a date, or on a recurring schedule.
 */
class JobManager {
    /** Leads the ids of runs. */
    #instance = newInstance();
    #environment;
    #native;
    #keepAlive;
    #logger;
    #options;
    #lifecycle;
    #failures;
    #failedAttempts = new FailedAttempts();
    #handlers;
    #events;
    #inline;
    #runner;
    #jobs;
    /** Of a manager with a store. */
    #acceptance;
    #runs;
    #listeners;
    #announcements;
    #inspection;
    #turns;
    #inlineRuns;
    #steering;
    #queues;
    #defaults;
    #hasHandlers = false;
    #oneOffs;
    #staleAfterMs;
    #completions;
    /** `_jobMessageHandler`, or undefined if a subclass overrides it. */
    #ownMessageHandler;

    /**
     * @param {import('../index').Options} [options]
     * @throws {IncorrectUsageError} INVALID_OPTION
     * @throws {StoreError} STORE_...: the store cannot be opened
     */
    constructor(options) {
        prepareLogger();
        this.#logger = createLogger(options?.logger);
        this.#options = new OptionChecker(this.#logger);
        this.#listeners = new JobListeners(this.#logger);
        this.#options.check(tables.MANAGER, options ?? {});
        const {errorHandler, workerMessageHandler, JobModel, domainEvents, ...rest} = options ?? {};
        this.#queues = this.#checkQueues(rest.queues);
        this.#defaults = new JobDefaults(rest.job);
        const {modelTimeout, worker, timezone, dst, gracePeriod, staleAfter, inlineConcurrency} = rest;
        const isOverridden = this._jobMessageHandler !== JobManager.prototype._jobMessageHandler;
        this._jobMessageHandler = this._jobMessageHandler.bind(this);
        this.#ownMessageHandler = isOverridden ? undefined : this._jobMessageHandler;
        this._jobErrorHandler = this._jobErrorHandler.bind(this);
        if (JobModel) {
            this._jobsRepository = new JobsRepository(JobModel, {timeoutMs: modelTimeout});
        }
        this.#staleAfterMs = staleAfter;
        this.#handlers = {errorHandler, workerMessageHandler, domainEvents};
        this.#failures = new FailureLog(this.#logger);
        this.#inline = new InlineJobs(inlineConcurrency);
        this.inlineQueue = this.#inline.facade;
        this.#runner = new InlineRunner(this.#inline, this.#logger, {
            onStarted: this.#inlineStarted.bind(this),
            onEnded: this.#inlineEnded.bind(this),
            traceOf: (name, turn) => this.#turns.traceOf(name, turn)
        });
        this.#completions = new Completions(
            this.#logger,
            (name) => this.#jobs.isComing(name) || !this.#inline.isIdle
        );
        const hasStore = this.#openNative(rest);
        const kept = new KeptRuns(this.#native);
        if (hasStore) {
            this.#acceptance = new Acceptance(this.#native);
        }
        this.#keepAlive = new KeepAlive(this.#native, this, () => this.#events.pump(), rest.unref);
        this.#oneOffs = new OneOffJobs(() => this._jobsRepository, {
            staleAfterMs: staleAfter,
            report: (error, name) => this.#reportDatabase(error, name),
            warn: (message) => this.#logger.warn(message)
        });
        this.#environment = new HostEnvironment(this.#native, bootVariables);
        this.bree = new BreeFacade(() => this.#jobs, {worker, logger: this.#logger, timezone});
        this.bree.on('worker created', (name) => void this.#reportStarted(name));
        this.#inlineRuns = new InlineRuns(this.#native);
        this.#events = new JobEvents(this.#native, this.bree, this.#eventHost());
        this.#jobs = new RegisteredJobs({
            native: this.#native,
            bree: this.bree,
            logger: this.#logger,
            environment: this.#environment,
            defaults: {timezone, dst, gracePeriod, execPath: rest.execPath, unref: rest.unref},
            checker: this.#options,
            accept: (name) => this.#lifecycle.assertOpen(name),
            settle: (send) => this.#settle(send),
            completions: this.#completions,
            inlineRuns: (registered) => this.#runner.runsOf(registered),
            onChange: () => this.#keepAlive.hold(),
            onAdded: (registered) => this.#inspection.added(registered),
            onRemoved: (registered) => this.#inspection.removed(registered),
            onRun: () => this.#keepAlive.pump()
        });
        this.#announcements = new RunAnnouncements({
            listeners: this.#listeners,
            native: this.#native,
            instance: this.#instance
        });
        this.#runs = new Runs({
            native: this.#native,
            announcements: this.#announcements,
            history: rest.history,
            instance: this.#instance,
            logger: this.#logger,
            jobs: this.#jobs,
            failed: this.#failedAttempts,
            accept: (name) => this.#lifecycle.assertOpen(name),
            settle: (send) => this.#settle(send),
            acceptance: this.#acceptance,
            kept,
            onAsked: (registered) => this.#runAsked(registered)
        });
        this.#turns = new InlineTurns({
            native: this.#native,
            instance: this.#instance,
            jobs: this.#jobs,
            runs: this.#runs,
            queue: this.#inline,
            runner: this.#runner,
            inlineRuns: this.#inlineRuns
        });
        this.#inspection = new Inspection({
            announcements: this.#announcements,
            logger: this.#logger,
            native: this.#native,
            jobs: this.#jobs,
            runs: this.#runs,
            kept,
            manager: {
                instance: this.#instance,
                sinceMs: Date.now(),
                version: packageVersion(),
                inline: this.#inline,
                rowsPending: () => this._jobsRepository?.pending ?? 0
            }
        });
        this.#steering = new Steering({
            native: this.#native,
            jobs: this.#jobs,
            runs: this.#runs,
            settle: (send) => this.#settle(send),
            addOneOff: (job) => this.addOneOffJob(job),
            onChanged: () => this.#keepAlive.pump()
        });
        this.#lifecycle = new Lifecycle({
            inline: this.#inline,
            logger: this.#logger,
            stopWorkers: (timeoutMs, waiting) => this.#stopWorkers(timeoutMs, waiting),
            droppedRuns: () => this.#runs.dropped,
            rows: () => this._jobsRepository,
            onShutDown: () => {
                this.#closeCompletions();
                this.#closeStore();
            }
        });
    }

    /**
     * Adds a job: offloaded to a process (default) or inline.
     *
     * @param {import('../index').Job} job
     * @returns {Promise<void>} resolved once the job is registered or queued, before it has run
     * @throws {IncorrectUsageError} for an invalid job
     */
    async addJob(job) {
        this.#options.check(tables.JOB, job, job?.name ?? job?.job);
        return this.#add(this.#defaults.complete(job, tables.JOB));
    }

    /**
     * Registers a job that is a function, called with data whenever `runJob` asks for it, and at the times of `at`.
     *
     * @param {import('../index').HandlerJob} job
     * @returns {Promise<void>} when it is registered
     * @throws {IncorrectUsageError} for an invalid job
     */
    async defineJob(job) {
        this.#options.check(tables.HANDLER, job, job?.name);
        checkHandler(job);
        this.#define(this.#defaults.complete(job, tables.HANDLER));
    }

    #define(job) {
        this.#lifecycle.assertOpen(job.name);
        if (typeof job.job !== 'function' && job.offloaded === false) {
            checkInline(job);
            resolveModule(job.job);
        }
        this.#hasHandlers = true;
        this.#jobs.define(job, this.#queues);
        if (this.#acceptance !== undefined) {
            // Runs that an earlier host has left may be read now.
            this.#keepAlive.hold();
        }
    }

    /**
     * Asks for a run of a job: of a handler, or of a script.
     *
     * @param {string} name
     * @param {import('../index').RunJobOptions} [options]
     * @returns {Promise<import('../index').Run>} the run, when it has been accepted
     * @throws {Error} JOB_UNKNOWN, QUEUE_FULL, JOB_ALREADY_RUNNING, RUN_ID_TAKEN, MANAGER_SHUTTING_DOWN, MANAGER_SHUT_DOWN
     */
    async runJob(name, options = {}) {
        this.#options.check(tables.RUN_REQUEST, options, name);
        // Before the run is handed to a process, which may have been started with other variables.
        if (this.#jobs.get(name)?.handler) {
            this.#environment.refreshIfOld();
        } else {
            this.#environment.refresh();
        }
        return this.#runs.request(name, options);
    }

    /** What happens to jobs and runs. See `JobEvents` in index.d.ts. */
    get events() {
        return this.#listeners;
    }

    /** @param {import('../index').JobFilter} [filter] @returns {import('../index').JobInfo[]} a page of the registered jobs */
    jobs(filter = {}) {
        this.#options.check(tables.JOB_FILTER, filter);
        return this.#inspection.jobs(filter);
    }

    /** @param {string} name @returns {import('../index').JobInfo | undefined} */
    job(name) {
        return this.#inspection.job(name);
    }

    /** @param {import('../index').RunFilter} [filter] @returns {import('../index').RunInfo[]} a page of runs, the newest first */
    runs(filter = {}) {
        this.#options.check(tables.RUN_FILTER, filter);
        return this.#inspection.runs(filter);
    }

    /** @param {string} id @returns {import('../index').RunInfo | undefined} a run that has not ended, or is kept */
    run(id) {
        return this.#runs.info(id);
    }

    /**
     * What a run has printed and logged, as far as it is kept.
     *
     * @param {string} id
     * @param {import('../index').OutputOptions} [options]
     * @returns {import('../index').RunOutput | undefined} undefined for a run that is not known here
     */
    output(id, options = {}) {
        this.#options.check(tables.RUN_OUTPUT, options);
        return this.#runs.output(id, options);
    }

    /** @param {import('../index').UpcomingRange} [range] @returns {import('../index').UpcomingRun[]} due times of all jobs */
    upcoming(range = {}) {
        this.#options.check(tables.UPCOMING, range);
        return this.#inspection.upcoming(range);
    }

    /** @returns {import('../index').ManagerStats} */
    stats() {
        return this.#inspection.stats();
    }

    /**
     * Asks a run to stop.
     *
     * @param {string} id
     * @param {{reason?: string}} [options]
     * @returns {Promise<import('../index').RunInfo>} the run, ended
     * @throws {IncorrectUsageError} RUN_UNKNOWN, RUN_ENDED, RUN_NOT_STOPPABLE
     */
    async cancelRun(id, options = {}) {
        this.#options.check(tables.CANCEL, options);
        return this.#steering.cancelRun(id, options);
    }

    /**
     * Runs a job again whose run has failed.
     *
     * @param {string} id
     * @returns {Promise<import('../index').Run>} the new run
     * @throws {IncorrectUsageError} RUN_UNKNOWN, RUN_NOT_FAILED, RUN_DATA_GONE, or as `runJob`
     */
    async retryRun(id) {
        return this.#steering.retryRun(id);
    }

    /**
     * Pauses a job: its due times get no run until it is resumed.
     *
     * @param {string} name
     * @param {import('../index').PauseOptions} [options]
     * @throws {IncorrectUsageError} JOB_UNKNOWN
     */
    async pauseJob(name, options = {}) {
        this.#options.check(tables.PAUSE, options);
        await this.#steering.pauseJob(name, options);
    }

    /**
     * Ends the pause of a job.
     *
     * @param {string} name
     * @param {import('../index').ResumeOptions} [options]
     * @throws {IncorrectUsageError} JOB_UNKNOWN
     */
    async resumeJob(name, options = {}) {
        this.#options.check(tables.RESUME, options);
        await this.#steering.resumeJob(name, options);
    }

    /** Pauses all jobs, and those that are added from now on. @param {{by?: 'host' | 'operator'}} [options] */
    async pauseAll(options = {}) {
        this.#options.check(tables.PAUSE, options);
        await this.#steering.pauseAll(options);
    }

    /** Ends the pause of all jobs. @param {import('../index').ResumeOptions} [options] */
    async resumeAll(options = {}) {
        this.#options.check(tables.RESUME, options);
        await this.#steering.resumeAll(options);
    }

    /**
     * Adds a job that is run only once, across restarts and hosts: its status is kept in a row of the JobModel.
     *
     * @param {import('../index').OneOffJob} job
     * @returns {Promise<void>} resolved once its row has the status `queued` and the job is added
     * @throws {IncorrectUsageError} if it has already been executed, or is invalid
     */
    async addOneOffJob(job) {
        this.#options.check(tables.ONE_OFF_JOB, job, job?.name);
        const {at: _never, staleAfter, ...oneOff} = this.#defaults.complete(job, tables.ONE_OFF_JOB);
        if (!oneOff.name) {
            const message = 'The name parameter is required for a one off job.';
            throw incorrectUsage({message, code: 'JOB_NAME_MISSING'});
        }
        checkStaleAfter(oneOff, staleAfter ?? this.#staleAfterMs);
        this.#lifecycle.assertOpen(oneOff.name);
        const check = () => this.#checkStart(oneOff);
        await this.#oneOffs.claim(oneOff.name, {check, staleAfterMs: staleAfter});
        try {
            this.#add(oneOff, {replaceFinished: true, isOneOff: true});
        } catch (error) {
            // The row has the status `queued`, but the job will not run.
            await this.#writeStatus(oneOff.name, {status: 'failed'});
            throw error;
        }
    }

    /**
     * @param {string} name - a one-off job
     * @returns {Promise<boolean>} whether the job has a row whose status is not `failed`
     */
    async hasExecutedSuccessfully(name) {
        const row = await this._jobsRepository?.read(name);
        return row ? statusOf(row) !== 'failed' : false;
    }

    /**
     * @param {string} name - a one-off job
     * @returns {Promise<object>} its row, once it is finished or failed
     */
    async awaitOneOffCompletion(name) {
        return this.#oneOffs.outcome(name);
    }

    /**
     * Register this before the job.
     *
     * @param {string} name
     * @returns {Promise<void>} settled by the job's next completion; rejected with the job's error
     */
    async awaitCompletion(name) {
        return this.#completions.wait(name, this.#jobs.get(name));
    }

    /**
     * @returns {Promise<void>} settled once no inline job is queued or running; rejected with the first
     *   error since the call
     */
    async allSettled() {
        return this.#inline.allSettled(() => this.inlineQueue.idle());
    }

    /**
     * Unregisters a job, and cancels a run of it.
     *
     * @param {string} name
     * @returns {Promise<void>} resolved once all its runs have ended
     */
    async removeJob(name) {
        await this.bree.remove(name);
    }

    /**
     * Stops everything: schedules at once, workers by 'cancel', then SIGTERM, then SIGKILL; queued inline jobs are
     * finished, or dropped. From then on the manager accepts no jobs. A second call gets the result of the first.
     *
     * @param {import('../index').ShutdownOptions} [options] - `timeout` in ms: 30,000 for workers, none for inline jobs
     * @returns {Promise<{dropped: number} | undefined>} settled once everything has ended; with `waiting: 'drop'`, how many
     *   inline jobs were dropped
     * @throws {TimeoutError} at `timeout`, after the remaining workers were killed and queued inline jobs dropped
     * @throws {NotStoppedError} when worker processes could not be killed
     * @throws {IncorrectUsageError} INVALID_OPTION, before anything is stopped
     */
    async shutdown(options = {}) {
        this.#options.check(tables.SHUTDOWN, options);
        return this.#lifecycle.shutDown(options);
    }

    /**
     * From now on due times alone do not keep the process alive, as if every job had `unref`. Runs do.
     *
     * @returns {this}
     */
    unref() {
        return this.#setUnref(true);
    }

    /**
     * The opposite of `unref()`, and of the option `unref` of the manager: due times keep the process alive, but those of jobs
     * that have `unref` themselves.
     *
     * @returns {this}
     */
    ref() {
        return this.#setUnref(false);
    }

    /**
     * Returns the function that is called with the error or the result of an inline job once it has ended.
     *
     * @param {string} [name]
     */
    inlineJobHandler(name) {
        return async (error, result) => {
            if (error) {
                await this._jobErrorHandler(error, {name});
            } else {
                await this._jobMessageHandler({name, message: 'done', result});
            }
            return result;
        };
    }

    /** Handles a message of a job: updates its status row, settles `awaitCompletion`, or dispatches a domain event. */
    async _jobMessageHandler({name, message, result}) {
        if (!name) {
            return;
        }
        if (message === 'started') {
            if (this._jobsRepository) {
                await this.#writeStatus(name, {status: 'started', started_at: new Date()});
            }
        } else if (message === 'done') {
            // Call this before anything is awaited: the current JobScope is known only until then.
            const completions = this.#completions.ended(name);
            if (this._jobsRepository) {
                await this.#writeStatus(name, {status: 'finished', finished_at: new Date()});
            }
            completions.resolve(result);
        } else if (message?.event && this.#handlers.domainEvents) {
            await this.#handlers.domainEvents.dispatchRaw(message.event.type, message.event.data);
        }
    }

    /** Handles the failure of a job: updates its status row and rejects `awaitCompletion`. */
    async _jobErrorHandler(error, meta) {
        const {name} = meta;
        const completions = this.#completions.ended(name);
        await this.#writeStatus(name, {status: 'failed'});
        completions.reject(error);
        if (!('worker' in meta)) {
            this.#inline.failed(error);
            this.#inline.settle();
        }
    }

    #add(job, options) {
        const {at, offloaded = true} = job;
        this.#lifecycle.assertOpen(job.name);
        if (offloaded) {
            this.#logger.info('Adding offloaded job to the inline job queue');
        } else {
            checkInline(job);
        }
        if (offloaded || at !== undefined) {
            return this.#jobs.add(job, options);
        }
        if (needsRun(job)) {
            // It is registered for as long as its run lasts.
            const added = this.#jobs.add(job, {...options, replaceFinished: true, isTransient: true});
            this.#keepAlive.pump();
            return added;
        }
        return this.#runner.add(job);
    }

    #setUnref(isUnref) {
        this.#jobs.setUnref(isUnref);
        this.#keepAlive.setUnref(isUnref);
        return this;
    }

    /** Stops schedules and workers. */
    async #stopWorkers(timeoutMs, waiting) {
        const startedMs = nowMs();
        this.#jobs.disarmAll();
        this.#runs.close();
        if (this.bree.isReplaced('stop')) {
            return {timedOut: Boolean(await this.bree.stop()), survivors: []};
        }
        // The native side does not accept Infinity.
        const limitMs = Math.min(timeoutMs, Number.MAX_SAFE_INTEGER);
        const left = () => Math.max(0, limitMs - (nowMs() - startedMs));
        if (waiting !== 'drop' && this.#hasHandlers) {
            const drained = this.#settle((request) => this.#native.drain(request));
            await within(drained, limitMs);
        }
        return this.#settle((request) => this.#native.shutdown(request, left()));
    }

    /** @returns {boolean} whether there is a store @throws {StoreError} */
    #openNative({store, history, ...rest}) {
        const create = (request) =>
            createNative({...rest, store: request}, this, JobManager.#pump, this.#instance);
        const request = storeRequest(store, history);
        try {
            this.#native = create(request);
            return request !== undefined;
        } catch (error) {
            if (!String(error.code).startsWith('STORE_')) {
                throw error;
            }
            if (!request.goesOnInMemory) {
                throw new StoreError(error);
            }
            this.#logger.warn(inMemoryLine(error));
            this.#native = create(undefined);
            return false;
        }
    }

    #closeStore() {
        try {
            this.#native.closeStore();
        } catch (error) {
            this.#safely('The logger', () => this.#logger.error(new StoreError(error)));
        }
    }

    #closeCompletions() {
        const isIdle = () => this.#inline.isIdle;
        this.#completions.close((name, isRegistered) =>
            isRegistered ? this.#jobs.isComing(name) : !isIdle()
        );
        if (!isIdle()) {
            // The time limit was reached. What runs all the same settles its own promises.
            void this.#inline.idle().then(() => this.#completions.close(() => false));
        }
    }

    /** Throws if a one-off job could not start. Called before its row is written. */
    #checkStart(oneOff) {
        const {job, offloaded = true} = oneOff;
        if (offloaded) {
            this.#jobs.check(oneOff);
        } else {
            checkInline(oneOff);
            if (typeof job !== 'function') {
                resolveModule(job);
            }
            if (needsRun(oneOff)) {
                this.#jobs.check(oneOff);
            }
        }
    }

    /** An inline job is about to be called. With a JobModel, `started` is written first, because the job may fail at once. */
    #inlineStarted(name) {
        const isHeeded = this._jobsRepository || this._jobMessageHandler !== this.#ownMessageHandler;
        const written = isHeeded && this.#reportStarted(name);
        return this._jobsRepository && written;
    }

    #reportStarted(name) {
        return this.#safely('A message handler', () => this._jobMessageHandler({name, message: 'started'}));
    }

    /** A run was asked for. */
    #runAsked({handler}) {
        if (handler) {
            this.#keepAlive.holdFor();
        } else {
            this.#keepAlive.pump();
        }
    }

    /** The result of a run, read only where somebody waits for it. */
    #resultFor(name, readValue) {
        return this.#completions.has(name) ? {result: readValue()} : undefined;
    }

    #checkQueues(queues = {}) {
        for (const [name, queue] of Object.entries(queues)) {
            this.#options.check(tables.QUEUE, queue, name);
        }
        return queues;
    }

    /** An inline job has ended. Returns a promise only if something is left to be done about that. */
    #inlineEnded(name, error, result, isRun) {
        if (error !== undefined && name && !isRun) {
            this.#runs.inlineFailed({name, error});
        }
        // The promises and closures of the handlers would cost more than the rest of a short job.
        return error === undefined && this.#isCompletionUnheeded(name)
            ? undefined
            : this.#callInlineHandler(name, error, result);
    }

    #callInlineHandler(name, error, result) {
        return this.#safely('An inline job handler', () => this.inlineJobHandler(name)(error, result));
    }

    /** Whether nothing follows from the completion of an inline job: no row, no promise, no method of the host's. */
    #isCompletionUnheeded(name) {
        return (
            this._jobsRepository === undefined &&
            !this.#completions.has(name) &&
            this._jobMessageHandler === this.#ownMessageHandler &&
            this.inlineJobHandler === ownInlineJobHandler
        );
    }

    /** Handlers of the native events, for JobEvents. */
    #eventHost() {
        return {
            failed: this.#failedAttempts,
            inlineRuns: this.#inlineRuns,
            logger: this.#logger,
            registered: (name, number) => this.#jobs.registered(name, number),
            workerOptions: (registered) => this.#jobs.workerOptions(registered),
            onMessage: (event) => this.#onMessage(event),
            onCompletion: (name, readValue) =>
                this.#safely('A message handler', () =>
                    this._jobMessageHandler({name, message: 'done', ...this.#resultFor(name, readValue)})
                ),
            onError: (error, meta, {isRequested}) => {
                explainClosure(error, meta.name, this.#jobs.get(meta.name)?.job.job);
                if (!isRequested) {
                    this.#reportFailure(error, meta);
                }
                this.#safely('An error handler', () => this._jobErrorHandler(error, meta));
            },
            runs: () => this.#runs,
            onBackoffAsked: (registered, run, failure) => this.#askBackoff(registered, run, failure),
            onInlineDue: (registered, run, attempt) => this.#turns.due(registered, run, attempt),
            onInlineWaits: () => this.#turns.waits(),
            onInlineGaveUp: (registered, error) => this.#turns.gaveUp(registered, error),
            onInlineEnded: (registered) => this.#jobs.runEnded(registered),
            onPaused: (registered, event) => this.#inspection.paused(registered, event),
            onResumed: (registered) => this.#inspection.resumed(registered),
            onAllPaused: (by) => this.#announcements.allPaused(by),
            onAllResumed: () => this.#announcements.allResumed(),
            onMissed: (registered) => this.#jobs.missed(registered),
            onEnvironmentWanted: () => this.#environment.refresh(),
            onMore: () => this.#keepAlive.pumpLater()
        };
    }

    /** Calls the `backoff` function of a job whose run waits for the result. */
    async #askBackoff(registered, run, failure) {
        // Loaded when it is needed: few jobs have such a function.
        const {askBackoff} = require('./jobs/backoff-function');
        const backoff = registered?.job.backoff;
        const pauseMs = backoff && (await askBackoff(backoff, failure, this.#logger));
        this.#safely('The answer of a backoff function', () => this.#native.setBackoff(run, pauseMs));
    }

    #onMessage({name, message, worker}) {
        const {workerMessageHandler} = this.#handlers;
        if (workerMessageHandler) {
            this.#safely('The workerMessageHandler', () => workerMessageHandler({name, message, worker}));
        }
        // 'done' is handled once the process has ended, and a handler has no row that 'started' could be written to.
        if (message !== 'done' && (worker !== undefined || message !== 'started')) {
            this.#safely('A message handler', () => this._jobMessageHandler({name, message}));
        }
    }

    #reportError(error, meta) {
        const {errorHandler} = this.#handlers;
        if (errorHandler) {
            this.#safely('The errorHandler', () => errorHandler(error, meta));
        }
    }

    /** A run of an offloaded job has failed. */
    #reportFailure(error, meta) {
        this.#reportError(error, meta);
        if (!this.#handlers.errorHandler) {
            const registered = this.#jobs.get(meta.name);
            const recurring = registered?.when.kind === 'schedule' ? registered : undefined;
            this.#safely('The logger', () => this.#failures.failed(meta.name, error, recurring));
        }
    }

    /** Writes a status after earlier writes of the job. Resolves once that has succeeded or failed for good; never rejects. */
    async #writeStatus(name, status) {
        const repository = this._jobsRepository;
        if (!repository || !name) {
            return;
        }
        try {
            await repository.inOrder(name, () =>
                repository.updateByName(name, status, this.#oneOffs.claimOf(name))
            );
        } catch (error) {
            this.#reportDatabase(error, name);
        }
        if (status.status !== 'started') {
            this.#oneOffs.decided(name);
        }
    }

    /** Reports a database error that remained after all retries. */
    #reportDatabase(error, name) {
        this.#safely('The logger', () => this.#logger.error(error));
        this.#reportError(error, {name});
    }

    #settle(send) {
        const settled = this.#events.request(send);
        this.#keepAlive.hold();
        return settled;
    }

    /** Static, because the native side keeps the function: a closure of the constructor would keep the manager alive. */
    static #pump(manager) {
        manager.#keepAlive.pump();
    }

    #safely(what, call) {
        return safely(this.#logger, what, call);
    }
}

/** Whether an inline job without a time is more than a function in the queue: its run has attempts, or is shown. */
function needsRun(job) {
    const {context, warnAfter, history} = job;
    return context === true || warnAfter !== undefined || history > 0 || retryOptions(job) !== undefined;
}

// Where `await using` exists, and in Node.js versions that only have the symbol.
if (Symbol.asyncDispose) {
    Object.defineProperty(JobManager.prototype, Symbol.asyncDispose, {
        /** Shuts the manager down at the end of a block: `await using jobManager = new JobManager()`. */
        async value() {
            await this.shutdown();
        },
        configurable: true,
        writable: true
    });
}

/** To notice a method that the host has replaced. */
const ownInlineJobHandler = JobManager.prototype.inlineJobHandler;

module.exports = JobManager;
