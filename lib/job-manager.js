'use strict';

// First: this may be a process that must not go on.
require('./native/worker-script').refuseToRunAgain();

const tables = require('./jobs/option-tables');
const {checkHandler} = require('./jobs/handler-options');
const {statusOf} = require('./one-off/row');
const {createParts} = require('./manager/parts');

/**
 * Registers jobs and runs them: inline on this event loop, or offloaded to processes of their own;
 * now, at a date, or on a recurring schedule.
 */
class JobManager {
    #parts;

    /**
     * @param {import('../index').Options} [options]
     * @throws {IncorrectUsageError} INVALID_OPTION
     * @throws {StoreError} STORE_...: the store cannot be opened
     */
    constructor(options) {
        const isOverridden = this._jobMessageHandler !== JobManager.prototype._jobMessageHandler;
        this._jobMessageHandler = this._jobMessageHandler.bind(this);
        this._jobErrorHandler = this._jobErrorHandler.bind(this);
        this.#parts = createParts(this, options, {
            pump: JobManager.#pump,
            methods: {
                _jobMessageHandler: isOverridden ? undefined : this._jobMessageHandler,
                inlineJobHandler: ownInlineJobHandler
            }
        });
        this.inlineQueue = this.#parts.inline.facade;
        this.bree = this.#parts.bree;
    }

    /**
     * Adds a job: offloaded to a process (default) or inline.
     *
     * @param {import('../index').Job} job
     * @returns {Promise<void>} resolved once the job is registered or queued, before it has run
     * @throws {IncorrectUsageError} for an invalid job
     */
    addJob(job) {
        // Not an async function, of which V8 keeps what it takes to suspend it: 200 bytes, a tenth of what an inline job takes.
        try {
            const {checker, adding, defaults} = this.#parts;
            checker.check(tables.JOB, job, job?.name ?? job?.job);
            return Promise.resolve(adding.add(defaults.complete(job, tables.JOB)));
        } catch (error) {
            return Promise.reject(error);
        }
    }

    /**
     * Registers a job that is a function, called with data whenever `runJob` asks for it, and at the times of `at`.
     *
     * @param {import('../index').HandlerJob} job
     * @returns {Promise<void>} when it is registered
     * @throws {IncorrectUsageError} for an invalid job
     */
    async defineJob(job) {
        this.#parts.checker.check(tables.HANDLER, job, job?.name);
        checkHandler(job);
        this.#parts.adding.define(this.#parts.defaults.complete(job, tables.HANDLER));
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
        this.#parts.checker.check(tables.RUN_REQUEST, options, name);
        const {clustering, jobs, environment, runs} = this.#parts;
        if (clustering?.carries(jobs.get(name))) {
            return clustering.request(name, options);
        }
        // Before the run is handed to a process, which may have been started with other variables.
        if (jobs.get(name)?.handler) {
            environment.refreshIfOld();
        } else {
            environment.refresh();
        }
        return runs.request(name, options);
    }

    /** @returns {Promise<import('../index').ClusterInfo | undefined>} the hosts of the cluster, its queue, and what runs where */
    async clusterInfo() {
        return this.#parts.clustering?.info();
    }

    /** @param {string} id @returns {Promise<import('../index').ClusterRun | undefined>} a run of the cluster, whichever host has it */
    async clusterRun(id) {
        return this.#parts.clustering?.run(id);
    }

    /** What happens to jobs and runs. See `JobEvents` in index.d.ts. */
    get events() {
        return this.#parts.listeners;
    }

    /** @param {import('../index').JobFilter} [filter] @returns {import('../index').JobInfo[]} a page of the registered jobs */
    jobs(filter = {}) {
        this.#parts.checker.check(tables.JOB_FILTER, filter);
        return this.#parts.inspection.jobs(filter);
    }

    /** @param {string} name @returns {import('../index').JobInfo | undefined} */
    job(name) {
        return this.#parts.inspection.job(name);
    }

    /** @param {import('../index').RunFilter} [filter] @returns {import('../index').RunInfo[]} a page of runs, the newest first */
    runs(filter = {}) {
        this.#parts.checker.check(tables.RUN_FILTER, filter);
        return this.#parts.inspection.runs(filter);
    }

    /** @returns {import('../index').StoredJob[]} jobs of an earlier host that are not defined yet; none without a store */
    storedJobs() {
        return this.#parts.kept.jobs();
    }

    /** @param {string} id @returns {import('../index').RunInfo | undefined} a run that has not ended, or is kept */
    run(id) {
        return this.#parts.runs.info(id);
    }

    /**
     * What a run has printed and logged, as far as it is kept.
     *
     * @param {string} id
     * @param {import('../index').OutputOptions} [options]
     * @returns {import('../index').RunOutput | undefined} undefined for a run that is not known here
     */
    output(id, options = {}) {
        this.#parts.checker.check(tables.RUN_OUTPUT, options);
        return this.#parts.runs.output(id, options);
    }

    /** @param {import('../index').UpcomingRange} [range] @returns {import('../index').UpcomingRun[]} due times of all jobs */
    upcoming(range = {}) {
        this.#parts.checker.check(tables.UPCOMING, range);
        return this.#parts.inspection.upcoming(range);
    }

    /** @returns {import('../index').ManagerStats} */
    stats() {
        return this.#parts.inspection.stats();
    }

    /** @returns {readonly import('../index').Warning[]} the oldest first */
    warnings() {
        return this.#parts.warnings.lines();
    }

    /** @param {import('../index').MetricsRequest} [request] @returns {string} what there is to measure, as text for Prometheus */
    metrics(request = {}) {
        const {checker, metrics} = this.#parts;
        checker.check(tables.METRICS_REQUEST, request);
        return metrics.text(request);
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
        this.#parts.checker.check(tables.CANCEL, options);
        const {clustering, runs, steering} = this.#parts;
        if (clustering !== undefined && runs.info(id) === undefined) {
            return clustering.cancelElsewhere(id, options.reason);
        }
        return steering.cancelRun(id, options);
    }

    /**
     * Runs a job again whose run has failed.
     *
     * @param {string} id
     * @returns {Promise<import('../index').Run>} the new run
     * @throws {IncorrectUsageError} RUN_UNKNOWN, RUN_NOT_FAILED, RUN_DATA_GONE, or as `runJob`
     */
    async retryRun(id) {
        return this.#parts.steering.retryRun(id);
    }

    /**
     * Pauses a job: its due times get no run until it is resumed.
     *
     * @param {string} name
     * @param {import('../index').PauseOptions} [options]
     * @throws {IncorrectUsageError} JOB_UNKNOWN
     */
    async pauseJob(name, options = {}) {
        this.#parts.checker.check(tables.PAUSE, options);
        await this.#parts.steering.pauseJob(name, options);
        this.#parts.clustering?.steer({kind: 'pause', name, options});
    }

    /**
     * Ends the pause of a job.
     *
     * @param {string} name
     * @param {import('../index').ResumeOptions} [options]
     * @throws {IncorrectUsageError} JOB_UNKNOWN
     */
    async resumeJob(name, options = {}) {
        this.#parts.checker.check(tables.RESUME, options);
        await this.#parts.steering.resumeJob(name, options);
        this.#parts.clustering?.steer({kind: 'resume', name, options});
    }

    /** Pauses all jobs, and those that are added from now on. @param {import('../index').PauseOptions} [options] */
    async pauseAll(options = {}) {
        this.#parts.checker.check(tables.PAUSE_ALL, options);
        await this.#parts.steering.pauseAll(options);
        this.#parts.clustering?.steer({kind: 'pauseAll', options});
    }

    /** Ends the pause of all jobs. @param {import('../index').ResumeOptions} [options] */
    async resumeAll(options = {}) {
        this.#parts.checker.check(tables.RESUME, options);
        await this.#parts.steering.resumeAll(options);
        this.#parts.clustering?.steer({kind: 'resumeAll', options});
    }

    /**
     * Adds a job that is run only once, across restarts and hosts: its status is kept in a row of the JobModel.
     *
     * @param {import('../index').OneOffJob} job
     * @returns {Promise<void>} resolved once its row has the status `queued` and the job is added
     * @throws {IncorrectUsageError} if it has already been executed, or is invalid
     */
    async addOneOffJob(job) {
        this.#parts.checker.check(tables.ONE_OFF_JOB, job, job?.name);
        await this.#parts.adding.addOneOff(this.#parts.defaults.complete(job, tables.ONE_OFF_JOB));
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
        return this.#parts.oneOffs.outcome(name);
    }

    /**
     * Register this before the job.
     *
     * @param {string} name
     * @returns {Promise<void>} settled by the job's next completion; rejected with the job's error
     */
    async awaitCompletion(name) {
        return this.#parts.completions.wait(name, this.#parts.jobs.get(name));
    }

    /**
     * @returns {Promise<void>} settled once no inline job is queued or running; rejected with the first
     *   error since the call
     */
    async allSettled() {
        return this.#parts.inline.allSettled(() => this.inlineQueue.idle());
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
        this.#parts.checker.check(tables.SHUTDOWN, options);
        return this.#parts.lifecycle.shutDown(options);
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
    _jobMessageHandler(event) {
        return this.#parts.outcomes.message(event);
    }

    /** Handles the failure of a job: updates its status row and rejects `awaitCompletion`. */
    _jobErrorHandler(error, meta) {
        return this.#parts.outcomes.failure(error, meta);
    }

    #setUnref(isUnref) {
        this.#parts.jobs.setUnref(isUnref);
        this.#parts.keepAlive.setUnref(isUnref);
        return this;
    }

    /** Static, because the native side keeps the function: a closure of the constructor would keep the manager alive. */
    static #pump(manager) {
        manager.#parts.keepAlive.pump();
    }
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
