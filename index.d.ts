/// <reference types="node" />

import {EventEmitter} from 'node:events';
import {Readable} from 'node:stream';
import {ResourceLimits} from 'node:worker_threads';
import {Cluster} from './lib/cluster';
import {RunContext as JobRunContext, Trigger as RunTrigger} from './lib/job';

declare global {
    /** As in TypeScript's library `esnext.disposable`, for hosts without it. */
    interface SymbolConstructor {
        readonly asyncDispose: unique symbol;
    }
}

/**
 * Registers jobs and runs them: *inline* on the caller's event loop, or *offloaded* to `node` processes of
 * their own; now, at a date, or on a recurring schedule.
 */
declare class JobManager {
    /** Throws an IncorrectUsageError for an invalid option, and a StoreError for a `store` that cannot be opened. */
    constructor(options?: JobManager.Options);

    /** The queue of inline jobs. */
    readonly inlineQueue: JobManager.InlineQueue;
    /** An object with the part of bree's interface that hosts use: its maps of workers and timers, methods and events. */
    readonly bree: JobManager.BreeFacade;

    /**
     * Adds a job. Resolves when it is registered or queued, before it has run.
     *
     * Rejects with an IncorrectUsageError for an invalid job, and with an Error for a module that
     * does not exist or a name that is registered already.
     */
    addJob<Data = any>(job: JobManager.Job<Data>): Promise<void>;

    /**
     * Registers a job that is a function: a module whose default export is one, run in processes that are kept for it,
     * or a function on this event loop. It is called when `runJob` asks for it, and at the times of `at`.
     *
     * Rejects as `addJob` does. What the module exports is seen at its first run (`HANDLER_MISSING`).
     */
    defineJob<Name extends keyof JobManager.JobTypes>(
        job: JobManager.HandlerJob<JobManager.DataOf<Name>, JobManager.ResultOf<Name>> & {name: Name}
    ): Promise<void>;
    defineJob<Data = any, Result = unknown, Name extends string = string>(
        job: JobManager.HandlerJob<Data, Result> & {name: Name},
        ...listed: Name extends keyof JobManager.JobTypes ? [never] : []
    ): Promise<void>;

    /**
     * Asks for a run of a job, handler or script. Resolves when it is accepted.
     *
     * Rejects with the code `JOB_UNKNOWN`, `QUEUE_FULL`, `JOB_ALREADY_RUNNING` (a script that runs, whose `overlap` is
     * 'skip'), `RUN_ID_TAKEN`, `MANAGER_SHUTTING_DOWN` or `MANAGER_SHUT_DOWN`, and for data that cannot be cloned. With a
     * `store`, a run of a handler is accepted when it is kept; if it cannot be, it rejects with a StoreError.
     */
    runJob<Name extends keyof JobManager.JobTypes>(
        name: Name,
        options?: JobManager.RunJobOptions<JobManager.DataOf<Name>>
    ): Promise<JobManager.Run<JobManager.ResultOf<Name>>>;
    runJob<Result = any, Data = any, Name extends string = string>(
        name: JobManager.Unlisted<Name>,
        options?: JobManager.RunJobOptions<Data>
    ): Promise<JobManager.Run<Result>>;

    /** What happens to jobs and runs. */
    readonly events: JobManager.JobEventEmitter;

    /** A page of the registered jobs. */
    jobs(filter?: JobManager.JobFilter): JobManager.JobInfo[];

    /** A registered job. */
    job(name: string): JobManager.JobInfo | undefined;

    /** A page of runs: those that go or wait, and those that have ended and are kept. The last that was queued first. */
    runs(filter?: JobManager.RunFilter): JobManager.RunInfo[];

    /** A run, while it goes or waits, and for as long as it is kept. */
    run(id: string): JobManager.RunInfo | undefined;

    /**
     * Jobs of which the store has waiting runs or a schedule, and that are not defined yet: what an earlier process has left,
     * until `defineJob` or `addJob` of their names. None without a store.
     */
    storedJobs(): JobManager.StoredJob[];

    /** Due times to come of all jobs, the earliest first. Paused jobs have none. */
    upcoming(range?: JobManager.UpcomingRange): JobManager.UpcomingRun[];

    /**
     * What a run has printed (option `output`) and written by `run.log`, as far as it is kept. Undefined for a run that has not
     * gone in this host, or whose record is not kept any more.
     *
     * Throws an IncorrectUsageError for an invalid option.
     */
    output(id: string, options?: JobManager.OutputOptions): JobManager.RunOutput | undefined;

    /** How the manager is. */
    stats(): JobManager.ManagerStats;

    /** The last 200 warnings and errors that the manager has logged, the oldest first. */
    warnings(): readonly JobManager.Warning[];

    /**
     * What there is to measure, as text that Prometheus reads: counters, gauges and histograms, all since the manager was made.
     * Serve it as `text/plain; version=0.0.4; charset=utf-8`, or as `application/openmetrics-text; version=1.0.0; charset=utf-8`.
     * See docs/metrics.md.
     */
    metrics(request?: JobManager.MetricsRequest): string;

    /**
     * Asks a run to stop, as `Run.cancel` does. Resolves when it has ended.
     *
     * Rejects with the code `RUN_UNKNOWN`, `RUN_ENDED`, or `RUN_NOT_STOPPABLE` (an inline function without `context`).
     */
    cancelRun(id: string, options?: {reason?: string}): Promise<JobManager.RunInfo>;

    /**
     * The hosts of the cluster, its queue, and what runs where; undefined without the option `cluster`. Asks the queue or the table, and is
     * not answered before that is there: bound the wait. Rejects with the code `CLUSTER_UNREACHABLE` when the answer can no longer come.
     */
    clusterInfo(): Promise<JobManager.ClusterInfo | undefined>;

    /**
     * A run of the cluster, whichever host has it: one that waits in the queue, goes, or has ended and is kept by the queue (with
     * `database()`, one that goes). Undefined for one that is not known, and without the option `cluster`.
     */
    clusterRun(id: string): Promise<JobManager.ClusterRun | undefined>;

    /**
     * Runs a job again whose run has failed, with the same data: a new run, with the trigger 'retry'. A one-off job is
     * added again.
     *
     * Rejects with the code `RUN_UNKNOWN`, `RUN_NOT_FAILED`, `RUN_DATA_GONE`, or those of `runJob`.
     */
    retryRun(id: string): Promise<JobManager.Run>;

    /**
     * Pauses a job: its due times get no run, and are not made up for, until it is resumed. Runs that go end as usual, and
     * `runJob` runs it all the same. Does nothing to a job that is paused.
     *
     * Rejects with the code `JOB_UNKNOWN`.
     */
    pauseJob(name: string, options?: JobManager.PauseOptions): Promise<void>;

    /** Ends a pause. Does nothing to a job that is not paused. Rejects with the code `JOB_UNKNOWN`. */
    resumeJob(name: string, options?: JobManager.ResumeOptions): Promise<void>;

    /**
     * Pauses all jobs, and those that are added from now on. What `pauseAll` has paused already stays as it is; with
     * `cancelRunning` its runs are cancelled all the same.
     */
    pauseAll(options?: JobManager.PauseOptions): Promise<void>;

    /** Ends the pause of all jobs. Jobs that were paused one by one stay so. */
    resumeAll(options?: JobManager.ResumeOptions): Promise<void>;

    /**
     * Adds a job that is run only once, across restarts and hosts: its status is kept in a row of the JobModel. A
     * `failed` job can be added again.
     *
     * Rejects with an IncorrectUsageError when it has been executed, or is queued or running anywhere.
     *
     * In a cluster the row is claimed by one host, and the run goes to any host that has called this with the same name, also one that
     * was refused (JOB_ALREADY_EXECUTED): call it on each host. Resolves once the run is in the queue.
     */
    addOneOffJob<Data = any>(job: JobManager.OneOffJob<Data>): Promise<void>;

    /** True when the one-off job has a row that is not `failed` (also while it is queued or running). */
    hasExecutedSuccessfully(name: string): Promise<boolean>;

    /**
     * Resolves with the row of a one-off job, as the JobModel gives it, once it is `finished` or `failed`. Logs a warning
     * if there is no row of that name after 5 s, and continues to wait.
     */
    awaitOneOffCompletion<Row = JobManager.JobRow>(name: string): Promise<Row>;

    /**
     * Call this before `addJob`. Resolves when the named job next completes, with the result of the run: what a handler
     * returned, or what the job gave to `run.result()`. Rejects with its error when it fails.
     *
     * Rejects with a JobError `JOB_SKIPPED` if the job's only due time has passed, `JOB_REMOVED` if it is removed
     * before it ran, and `MANAGER_SHUT_DOWN` once the manager has been shut down. A promise belongs to the job that is registered, or else to the next one of that name: runs of an
     * earlier one do not settle it. Logs one warning if after 5 s no run of the job is running, queued or due.
     */
    awaitCompletion<Result = any>(name: string): Promise<Result>;

    /** Resolves when no inline job is queued or running; rejects then with the first error since the call. */
    allSettled(): Promise<void>;

    /**
     * Unregisters a job and cancels a run of it. Resolves when no run is left; an inline run cannot be cancelled, and is
     * waited for (except by itself, should it remove its own job).
     */
    removeJob(name: string): Promise<void>;

    /**
     * Stops all schedules and workers ('cancel', then SIGTERM, then SIGKILL) and finishes the inline queue, or drops the
     * jobs queued in it. The manager accepts no jobs from then on: `addJob` and `addOneOffJob` reject with `MANAGER_SHUTTING_DOWN` or
     * `MANAGER_SHUT_DOWN`. A second call gets the result of the first.
     *
     * Rejects with a TimeoutError at `timeout`, after remaining workers were killed and queued inline jobs dropped; its `dropped` is the number of
     * inline jobs that never began. Rejects with an error of code 'WORKER_NOT_STOPPED' when the system refused to kill
     * processes; its `pids` has them.
     */
    shutdown(options: JobManager.ShutdownOptions & {waiting: 'drop'}): Promise<{dropped: number}>;
    shutdown(options?: JobManager.ShutdownOptions): Promise<void>;

    /** `shutdown()`, at the end of a block: `await using jobManager = new JobManager()`. */
    [Symbol.asyncDispose](): Promise<void>;

    /** From now on due times alone do not keep the process alive, as if every job had `unref`. Runs do. */
    unref(): this;
    /** The opposite of `unref()` and of the option `unref`: due times keep the process alive, but those of jobs with `unref`. */
    ref(): this;

    /** Returns the function that is called with the error or the result of an inline job once it has ended. */
    inlineJobHandler(name?: string): (error: unknown, result?: unknown) => Promise<unknown>;
    /** Handles a message of a job. Called by the manager; may be overridden. */
    _jobMessageHandler(event: {name?: string; message: unknown}): Promise<void>;
    /** Handles the failure of a job. Called by the manager; may be overridden. */
    _jobErrorHandler(error: unknown, meta: {name?: string}): Promise<void>;

    /** When a job with this `at` is next due, earliest first. Throws as `addJob` rejects. */
    static nextRuns(at: string | Date, options?: JobManager.NextRunsOptions): Date[];
    /** Describes a schedule in plain English. Throws as `addJob` rejects. */
    static describeSchedule(at: string | Date): string;
}

import Self = JobManager;

declare namespace JobManager {
    /** The class again, for `import {JobManager} from`. */
    export import JobManager = Self;

    interface Options extends ScheduleOptions {
        /** Called once for each failed run of an offloaded job, at the end of its last attempt. */
        errorHandler?: (error: any, meta: JobMeta) => void;
        /** Called for every message of an offloaded job. */
        workerMessageHandler?: (event: WorkerMessage) => void;
        /** Keeps the state of one-off jobs. */
        JobModel?: JobModel;
        /** Gets the `event` of messages like `{event: {type, data}}`. */
        domainEvents?: {dispatchRaw(type: any, data: any): unknown};
        /** Defaults for the worker of every offloaded job. */
        worker?: WorkerOptions;
        /** Where log lines go; default `@tryghost/logging` where the host has it, else the console from warn up. */
        logger?: Logger;
        /** Queues that several jobs may share: runs of them that go at once, 3 by default. Read when a job is added, so that more may follow. */
        queues?: Record<string, {concurrency?: number}>;
        /** Options for all jobs. */
        job?: JobDefaults;
        /** How many ended runs are kept. */
        history?: HistoryOptions;
        /** The most bytes of output that are kept of all runs, 0 to 1 GiB. Default 16 MiB. The run that ended first gives its output up first, failed ones last. */
        outputBudget?: number;
        /** What `metrics()` gives. */
        metrics?: MetricsOptions;
        /**
         * A file that keeps what outlives this process: runs of handlers, which due times were answered, pauses, and what
         * came of runs. Default: none, all is in memory. See docs/store.md.
         */
        store?: string | StoreOptions;
        /**
         * Shares the jobs with other hosts that have the same: what `bullmq()` or `database()` of `@tryghost/job-manager/cluster`
         * returns. Needs `timezone`. See docs/cluster.md.
         */
        cluster?: Cluster;
        /** Inline jobs that run at once. Default 3. */
        inlineConcurrency?: number;
        /** Worker processes that run at once. Default: no bound. */
        maxWorkers?: number;
        /**
         * Processes booted ahead of the next due job, or of the next one that is probably added without `at`, going by
         * the last requests: 'auto' (default; none at rest), a number kept, or 0 for none.
         */
        warmWorkers?: 'auto' | number;
        /** From 'cancel' to SIGTERM, in ms. Default 5,000. */
        gracePeriod?: number;
        /**
         * Path of the `node` binary for worker processes. Default: `process.execPath`. Needed where that is no node, such
         * as in a single executable application.
         */
        execPath?: string;
        /** From the request for a worker process to the job's first line, in ms; then it is killed. Default 60,000. */
        startTimeout?: number;
        /**
         * A one-off row that a host left queued or started for this many ms (a finite number from 0 up) counts as
         * failed. It must be longer than any run. Default: never.
         */
        staleAfter?: number;
        /**
         * A call of the JobModel that has not settled after this many ms is abandoned and reported with the code
         * `JOB_MODEL_TIMEOUT`. A whole number from 1 up. Default 30,000.
         */
        modelTimeout?: number;
        /**
         * Due times alone do not keep the process alive; runs that are queued or running do. For scripts and test runners, which
         * end when they are done. Default false.
         */
        unref?: boolean;
        /** Accepted, and not used. */
        config?: unknown;
        /** Accepted, and not used. */
        events?: unknown;
        /** Accepted, and not used: hosts pass it along. */
        console?: unknown;
        /** Accepted, and not used: hosts pass it along. */
        db?: unknown;
    }

    interface ScheduleOptions {
        /** IANA name of the time zone of schedules. Default: the host's. */
        timezone?: string;
        /** 'upstream': at clock changes do what the old package does (twice, or not at all). */
        dst?: 'upstream';
    }

    interface NextRunsOptions extends ScheduleOptions {
        /** Exclusive; plain intervals count from it. Default now. */
        from?: Date | number;
        /** Default 5. */
        count?: number;
    }

    /** How often a run is tried, and when again; see docs/retries.md. */
    interface RetryOptions {
        /** Tries in all, the first included: a whole number from 1 to 1,000. Default 1, or one more than `backoff` has delays. */
        attempts?: number;
        /**
         * The wait before another attempt: ms, ms for each in turn (the last one repeats), a rule, or a function. Default:
         * 10 s, doubled each time up to 10 min, each shortened at random by up to a half.
         */
        backoff?: number | readonly number[] | BackoffRule | BackoffFunction;
        /** Ends of an attempt that are worth another one. Default: all of them. */
        retryOn?: readonly RetryCause[];
        /** No attempt begins later than this after the first, in ms. Default: no limit. */
        giveUpAfter?: number;
    }

    /** Before retry n (1 is the first): min(max, delay * factor ** (n - 1)), shortened at random by up to `jitter` of it. */
    interface BackoffRule {
        /** Default 'exponential'. */
        type?: 'fixed' | 'exponential';
        /** In ms. Default 10,000. */
        delay?: number;
        /** From 1 to 1,000, of an exponential one. Default 2. */
        factor?: number;
        /** No wait is longer, in ms. Default 600,000, or `delay` if that is longer. */
        max?: number;
        /** From 0 to 1. Default 0.5, of a fixed one 0. */
        jitter?: number;
    }

    /** Milliseconds until the next attempt; null, false or a negative number for no more. */
    type BackoffFunction = (failure: RetryQuestion) => number | null | false | Promise<number | null | false>;

    type RetryCause = 'error' | 'exit' | 'signal' | 'timeout' | 'memory' | 'start' | 'channel' | 'stalled';

    /** A failed attempt, as a `backoff` function is asked about it. */
    interface RetryQuestion {
        name: string;
        runId: string;
        /** The attempt that failed; 1 is the first. */
        attempt: number;
        /** Tries in all. */
        attempts: number;
        error: any;
        cause: RetryCause;
        /** From the start of the first attempt to the end of this one. */
        elapsedMs: number;
    }

    /** An earlier attempt of a run that failed: one of `error.attempts`. */
    interface FailedAttempt {
        attempt: number;
        cause: RetryCause;
        message: string;
        /** When it ended. */
        at: Date;
    }

    /** Why a run that failed was not tried again. */
    type GaveUp =
        | 'attempts'
        | 'permanent'
        | 'time'
        | 'next-due'
        | 'cancelled'
        | 'stopped'
        | 'removed'
        | 'shutdown'
        | 'backoff';

    /** An error after which trying again is of no use: the run fails at once, whatever `attempts` says. */
    class PermanentJobError extends Error {
        constructor(message?: string, options?: {cause?: unknown});
        readonly permanent: true;
    }

    /** When a run begins where others wait, too. */
    interface TurnOptions {
        /** The place of its runs among those that wait for a process, a queue or the event loop: -100 to 100, higher first. Default 0. */
        priority?: number;
        /** The queue of the manager (`queues`) whose places its runs share with those of other jobs. Default: none. */
        queue?: string;
    }

    /** A path (relative to the working directory), a `file:` URL, or a function. */
    type JobSource = string | URL | ((data?: any) => unknown);

    /** Options of a run in a process of its own. */
    interface OffloadedOptions extends RetryOptions, WatchOptions, TurnOptions {
        /** What becomes of what the job prints. Default 'inherit'. */
        output?: OutputUse | {stdout?: OutputUse; stderr?: OutputUse};
        /** A process of its own: the default. */
        offloaded?: true;
        /** Options of this job's worker, over the manager's. */
        worker?: WorkerOptions;
        /** Longest time from the job's first line to its end, in ms; then it is stopped. */
        timeout?: number;
        /** Most resident memory of the run's processes; above it they are killed. */
        memoryLimitMb?: number;
        /** From 'cancel' to SIGTERM, in ms. */
        gracePeriod?: number;
        /**
         * Niceness of its process, 0 to 19: the higher, the less processor time it gets beside others. Never below that of the
         * host. Default: that of the host. Windows has none.
         */
        nice?: number;
        /** Path of the `node` binary for this job. Default: the manager's. */
        execPath?: string;
    }

    /** Options of a run on this event loop. */
    interface InlineOptions extends RetryOptions, WatchOptions, TurnOptions {
        offloaded: false;
        /** The function is called `(data, run)`, as a handler is, and may be cancelled through `run.signal`. Default false. */
        context?: boolean;
        /**
         * Longest time from its turn to its end, in ms; then it fails with `JOB_TIMEOUT` and the next job begins. The
         * function cannot be stopped: it keeps running, and its result is ignored.
         */
        timeout?: number;
    }

    interface EitherOptions extends RetryOptions, WatchOptions, TurnOptions {
        offloaded: boolean;
        timeout?: number;
    }

    /** What the function is called with; it may be left out where the function needs none. */
    type DataFor<Data> = undefined extends Data ? {data?: Data} : {data: Data};

    interface ModuleSource {
        /** A path (relative to the working directory) or a `file:` URL. */
        job: string | URL;
        /** Passed to the function of an inline module; `workerData` of an offloaded job. */
        data?: any;
    }

    /** A function with its `data`. An offloaded one is sent as its source: it has no access to surrounding variables. */
    type FunctionSource<Data> = {job: (data: Data) => unknown} & DataFor<Data>;

    /** Now: the job has no time. */
    interface NowOptions extends ScheduleOptions, PausedOptions, SharedJobOptions {
        at?: undefined;
        overlap?: Overlap;
        /** As of a job with a time. */
        concurrency?: number;
        missed?: Missed;
        startDeadline?: number;
        unref?: boolean;
    }

    interface TimeOptions extends ScheduleOptions, PausedOptions, SharedJobOptions {
        /** A Date, a cron line with seconds first, or words such as "every 5 minutes". Default: now. */
        at: string | Date;
        /** What to do if the job is due while a run of it is still running; in a cluster, on any host. Default 'skip'. */
        overlap?: Overlap;
        /** Runs of it that may go at once; `overlap` decides about further ones. Default 1, with 'allow' no limit. */
        concurrency?: number;
        /** What to do if due times passed while the machine was asleep. Default 'once': one late run. */
        missed?: Missed;
        /** With 'once': the latest useful start after the due time, in ms. */
        startDeadline?: number;
        /** Its due times alone do not keep the host process alive; a run that is queued or running does. Default false. */
        unref?: boolean;
    }

    type Overlap = 'skip' | 'queue' | 'queue-one' | 'allow' | 'replace';
    type Missed = 'once' | 'skip';

    /** A module, run in a process of its own. */
    type OffloadedModuleJob = OffloadedOptions &
        ModuleSource &
        (NowOptions | TimeOptions) & {
            /** Unique. Default: the file name of `job`. */
            name?: string;
        };
    /** A function, run in a process of its own. */
    type OffloadedFunctionJob<Data = any> = OffloadedOptions &
        FunctionSource<Data> &
        (NowOptions | TimeOptions) & {name: string};
    /** A module whose default export is a function, called on this event loop. */
    type InlineModuleJob = InlineOptions & ModuleSource & InlineTime<{name?: string}>;
    /** A function, called on this event loop. */
    type InlineFunctionJob<Data = any> = InlineOptions & FunctionSource<Data> & InlineTime<{name: string}>;
    /** A function that is called with its run, on this event loop. */
    type InlineContextJob<Data = any> = InlineOptions & {
        context: true;
        name: string;
        job: (data: Data, run: RunContext) => unknown;
    } & DataFor<Data> &
        InlineTime<{name: string}>;
    /** A scheduled inline job needs a name; one that is queued at once does not. */
    type InlineTime<Name> = (NowOptions & {name?: string}) | (TimeOptions & Name);

    /** A job of which only the running program knows where it runs: with what both kinds take. */
    type EitherJob<Data = any> = EitherOptions &
        (ModuleSource | (FunctionSource<Data> & {name: string})) &
        InlineTime<{name: string}>;

    type Job<Data = any> =
        | OffloadedModuleJob
        | OffloadedFunctionJob<Data>
        | InlineModuleJob
        | InlineFunctionJob<Data>
        | InlineContextJob<Data>
        | EitherJob<Data>;

    /** A job that is run once, ever, as soon as it is added. */
    type OneOffJob<Data = any> = (OffloadedOptions | InlineOptions | EitherOptions) &
        (ModuleSource | FunctionSource<Data>) &
        SharedJobOptions & {
            name: string;
            /** As the manager's option, for this job. */
            staleAfter?: number;
        };

    /**
     * What jobs are called with and answer, by their names. Add yours, and `defineJob` and `runJob` know them:
     *
     *     declare module '@tryghost/job-manager' {
     *         interface JobTypes {
     *             resize: {data: {file: string}; result: number};
     *         }
     *     }
     */
    interface JobTypes {}
    type DataOf<Name extends keyof JobTypes> = JobTypes[Name] extends {data: infer Data} ? Data : any;
    type ResultOf<Name extends keyof JobTypes> = JobTypes[Name] extends {result: infer Result} ? Result : any;
    /** A name that is none of JobTypes. */
    type Unlisted<Name extends string> = Name & (Name extends keyof JobTypes ? never : unknown);

    /** What a run reports with: the second argument of a handler, and `run` of `@tryghost/job-manager/job`. */
    type RunContext = JobRunContext;
    /** Why a run exists. */
    type Trigger = RunTrigger;

    /** What a handler takes wherever it runs. */
    interface HandlerOptions<Data>
        extends ScheduleOptions, RetryOptions, WatchOptions, PausedOptions, TurnOptions, SharedJobOptions {
        /** Unique. */
        name: string;
        /** When it is run by itself, with `data`: as for `addJob`. Default: only when `runJob` asks. */
        at?: string | Date;
        /** What it is called with where `runJob` gives nothing else. */
        data?: Data;
        /** Runs that go at once. Default 3 inline, `os.availableParallelism()` offloaded. Not beside `queue`. */
        concurrency?: number;
        /** Runs that may wait; one more is refused with `QUEUE_FULL`. Default 100,000. */
        maxWaiting?: number;
        overlap?: Overlap;
        missed?: Missed;
        startDeadline?: number;
        /** As of a job with a time. */
        unref?: boolean;
        /**
         * Longest time of a run, in ms. Then `signal` is aborted; an offloaded run is ended after its grace period, an
         * inline one fails at once with `JOB_TIMEOUT`.
         */
        timeout?: number;
    }

    /** A module whose default export is called in a process that is kept for it. */
    interface OffloadedHandler<Data> extends HandlerOptions<Data> {
        job: string | URL;
        offloaded?: true;
        /** What a process is kept for. `false`: for one run. Default `true`: any number, and 30 s without one. */
        reuse?: boolean | Reuse;
        worker?: WorkerOptions;
        /** What becomes of what a run prints. Default 'inherit'. */
        output?: OutputUse | {stdout?: OutputUse; stderr?: OutputUse};
        memoryLimitMb?: number;
        gracePeriod?: number;
        /** Niceness of its processes, 0 to 19. */
        nice?: number;
    }

    /** A function, or a module whose default export is one, called on this event loop. */
    interface InlineHandler<Data, Result> extends HandlerOptions<Data> {
        job: ((data: Data, run: RunContext) => Result | Promise<Result>) | string | URL;
        offloaded?: false;
        reuse?: undefined;
        worker?: undefined;
        memoryLimitMb?: undefined;
        gracePeriod?: undefined;
        nice?: undefined;
    }

    type HandlerJob<Data = any, Result = unknown> =
        | OffloadedHandler<Data>
        | (InlineHandler<Data, Result> & {job: Function})
        | (InlineHandler<Data, Result> & {offloaded: false});

    interface Reuse {
        /** Runs of one process. Default: any number. */
        runs?: number;
        /** How long it may have no run, in ms. Default 30,000. */
        idle?: number;
        /** How old it may be at the beginning of a run, in ms. Default: any age. */
        age?: number;
        /** Resident memory that it may have at the end of a run, in MB: over it, it is replaced. Default: any amount. */
        memoryMb?: number;
    }

    interface RunJobOptions<Data = any> {
        /** In place of the job's own. A function on this event loop gets this very value, a process a structured clone. */
        data?: Data;
        /**
         * Asked for again while this run is known (it waits, runs, or was among the last 1,000; with a store, while that has
         * it): the same run is answered.
         */
        id?: string;
        /** When it begins at the earliest. */
        at?: Date;
        /** The same as a time from now, in ms. */
        delay?: number;
        /** Its place among the runs that wait: -100 to 100, higher first. Default: that of the job. */
        priority?: number;
        /** Cancels the run when it aborts. In a cluster it also ends the wait for a queue that is away. */
        signal?: AbortSignal;
        /** Tries in all, in place of what the job says. */
        attempts?: number;
        /** In place of what the job says, in ms. */
        timeout?: number;
    }

    type RunState =
        /** Waits in the store, where its job is not defined yet or its turn is far off; or in the queue of a cluster. */
        'waiting' | 'queued' | 'running' | 'stopping' | 'retrying' | 'completed' | 'failed' | 'cancelled';

    /** A run as it was when it was looked at. Frozen. */
    interface RunInfo {
        /** `INSTANCE-NUMBER`, or the `id` that `runJob` was given. */
        id: string;
        job: string;
        state: RunState;
        trigger: Trigger;
        /** The due time that it answers. */
        due?: Date;
        /** When it was accepted. */
        queued?: Date;
        /** When its last attempt was given its process, or its place on the event loop. */
        started?: Date;
        /** When its last attempt reached the code of the job. */
        online?: Date;
        ended?: Date;
        /** The attempt that goes, or was the last; 1 is the first. */
        attempt: number;
        /** Tries in all. */
        attempts: number;
        /** Its failed attempts, the last eleven of them. */
        history: readonly AttemptInfo[];
        /** When the next attempt begins. */
        retryAt?: Date;
        /** Why a run that failed is not tried again. */
        gaveUp?: GaveUp;
        /** The run that it tries again (`retryRun`). */
        retryOf?: string;
        /** How it ended. */
        cause?: RunSummary['cause'];
        error?: ErrorInfo;
        /** From its due time, or else from its request, to the code of the job. */
        startDelayMs?: number;
        /** Of its last attempt. */
        elapsedMs?: number;
        /** Of its process, in its last attempt. */
        cpuMs?: number;
        /** Of its process, in its last attempt. */
        peakMemoryBytes?: number;
        exitCode?: number;
        signal?: number;
        progress?: Progress;
        /** What it has come to, if that is kept (`keepResult`). */
        result?: any;
        /** Its result was too large to be kept, or cannot be copied. */
        resultDropped?: true;
        /** It has taken longer than `warnAfter`. */
        slow?: true;
        threadId?: number;
        pid?: number;
        /** Bytes that it has printed and logged, as far as they are captured: see `output(id)`. */
        outputBytes?: number;
    }

    /** Where one output stream of a job goes. */
    type OutputUse =
        /** To where that of the host goes. */
        | 'inherit'
        /** It is kept with the run: see `output(id)`. The host prints nothing. */
        | 'capture'
        /** It is kept with the run, and written to the host's own stream. */
        | 'both'
        /** Nowhere. */
        | 'ignore';

    interface OutputOptions {
        /** The place of the first byte that is wanted, counted from 0. To follow a run: `totalBytes` of the last time. */
        from?: number;
        /** Whether `lines` are wanted, too. Default false. */
        lines?: boolean;
    }

    /** What a run has printed and logged, as far as it is kept. */
    interface RunOutput {
        /**
         * All streams together, in the order in which they were read, without escape sequences and other control characters; what is
         * no UTF-8 is replaced. Where bytes are left out, a line says how many: "… 1,234 bytes left out …".
         */
        readonly text: string;
        /** The place of the first byte of `text`, or of the first one that is left out. */
        readonly fromByte: number;
        /** All that the run has written so far: where to go on reading. */
        readonly totalBytes: number;
        /** Bytes from `fromByte` on that are left out. */
        readonly droppedBytes: number;
        readonly lines?: readonly OutputLine[];
    }

    interface OutputLine {
        /** When the first of it was read. */
        readonly at: Date;
        /** 'log' for what the job wrote by `run.log`. */
        readonly stream: 'stdout' | 'stderr' | 'log';
        readonly attempt: number;
        readonly text: string;
        /** Of a line of the log. */
        readonly level?: LogLine['level'];
        readonly fields?: Record<string, any>;
    }

    interface AttemptInfo {
        attempt: number;
        threadId?: number;
        started: Date;
        ended: Date;
        cause: string;
        message?: string;
    }

    /** What is kept of an error. */
    interface ErrorInfo {
        name: string;
        /** At most 2 KiB. */
        message: string;
        code?: string;
        /** At most 4 KiB. */
        stack?: string;
    }

    interface RunFilter {
        /** Runs of this job. */
        job?: string;
        state?: RunState;
        /** Runs that were queued before the run of this id: the last one of the page before. */
        before?: string;
        /** 1 to 1,000. Default 100. */
        limit?: number;
    }

    /** What a job does now: the first of these that holds is `paused`, `running`, `retrying`, `waiting`, `armed`, `held`, `finished`. */
    type JobState =
        /** It is due later, or runs when it is asked to. */
        | 'armed'
        /** A run goes. */
        | 'running'
        /** A run waits for its next attempt. */
        | 'retrying'
        /** A run or a due time waits for its turn. */
        | 'waiting'
        /** Due times get no run until it is resumed. */
        | 'paused'
        /** It has no due time any more. */
        | 'finished'
        /** It was stopped, or has yet to be started (`bree`). */
        | 'held';

    interface JobFilter {
        /** Jobs whose name contains this, in whatever case. */
        name?: string;
        state?: JobState;
        tag?: string;
        /** Jobs that come after this one: the name of the last one of the page before. */
        after?: string;
        /** 1 to 1,000. Default 100. */
        limit?: number;
        /** By name (default), by the next due time, or by the last run, the latest first. */
        sort?: 'name' | 'due' | 'lastRun';
    }

    /** A job as it was when it was looked at. Frozen. */
    interface JobInfo {
        name: string;
        kind: 'offloaded' | 'inline';
        state: JobState;
        description?: string;
        tags: readonly string[];
        /** A path, or 'function'. */
        source: string;
        /**
         * Of a job with due times. `text` is `at` in plain English; `cron5` the same as a cron line of five fields, where that can say
         * it; `everyMs` the time between two due times, where that is always the same.
         */
        schedule?: {
            at: string | Date;
            text: string;
            timezone: string;
            dst?: 'upstream';
            cron5?: string;
            everyMs?: number;
        };
        /** When it is due next. */
        next?: Date;
        /** When the first of its runs is tried again. */
        retryAt?: Date;
        paused?: {since: Date; by: 'host' | 'operator' | 'failures'; note?: string};
        /** Runs that go. */
        running: number;
        /** Runs and due times that wait. */
        waiting: number;
        /** Its last run that has ended. */
        last?: RunInfo;
        lastSuccess?: Date;
        lastFailure?: Date;
        /** Runs that have failed since the last one that completed. */
        failuresInARow: number;
        /** Since it was added. */
        totals: {
            completed: number;
            failed: number;
            cancelled: number;
            /** Attempts after the first. */
            retries: number;
            /** Due times that got no run. */
            skipped: {overlap: number; missed: number; paused: number};
        };
        /** Those that were given; never data, the environment or arguments. */
        options: Readonly<Record<string, any>>;
        /** It was added by `addOneOffJob`. */
        oneOff: boolean;
    }

    /** What the store has of a job that is not defined. Frozen. */
    interface StoredJob {
        name: string;
        /** Its runs that wait. */
        waiting: number;
        /** The schedule under which its due times were last answered. */
        at?: string;
        /** The time zone of that schedule. */
        timezone?: string;
    }

    interface UpcomingRange {
        /** Default: now. */
        from?: Date | number;
        /** Not included. Default: a day after `from`. */
        to?: Date | number;
        /** 1 to 10,000. Default 1,000. */
        limit?: number;
    }

    interface UpcomingRun {
        job: string;
        due: Date;
    }

    /** Of a job that the hosts of a cluster share. */
    interface SharedJobOptions {
        /** Whose the due times and runs are: the cluster's, or each host's own. Default 'cluster' for a job with a name. */
        scope?: 'cluster' | 'host';
        /**
         * What becomes of a run whose host died, or was cut off for longer than the lease: another host redoes it, which is no attempt, or
         * it fails with JOB_HOST_LOST. Default 'redo'; 'fail' for one-off jobs.
         */
        onHostLoss?: 'redo' | 'fail';
    }

    /** How a cluster is. */
    interface ClusterInfo {
        /** With `database()` the hosts that have a run, without `since` and `seen`. */
        hosts: {id: string; hostname: string; pid: number; since?: number; seen?: number}[];
        /** Runs by state; empty with `database()`. */
        queue: Record<string, number>;
        /**
         * At most 100 with `bullmq()`; with `database()` those of the jobs of this host. `host` is the `id` of one of the hosts, `attempt` the one
         * that goes or is waited for, `fence` the number of hosts that were given the run so far, or a higher one.
         */
        running: {id: string; job: string; host?: string; since?: number; attempt: number; fence: number}[];
    }

    /** A run as the cluster knows it: less than the host knows that has it. */
    interface ClusterRun extends RunInfo {
        /** The `id` of the host that has the run, or had it. Undefined while it waits. */
        host?: string;
    }

    /** How a manager is. */
    interface ManagerStats {
        /** Leads the ids of its runs. */
        instance: string;
        /** Name of the machine. */
        host: string;
        pid: number;
        /** Of this package. */
        version: string;
        since: Date;
        /** 'shutting down' from the call of `shutdown` on. */
        state: 'open' | 'shutting down' | 'shut down';
        jobs: number;
        /** Runs that go, and those that wait for their turn or for another attempt. */
        running: number;
        waiting: number;
        retrying: number;
        /** Jobs. */
        paused: number;
        inline: {waiting: number; running: number};
        /** Node.js processes: with a run, started ahead or kept for the next one, starting, and being stopped. */
        processes: {running: number; spare: number; kept: number; booting: number; stopping: number};
        /** Writes to the database that have not been answered. */
        rowsPending: number;
        /** Runs that the history holds. */
        historyRuns: number;
        /** Bytes of output of runs that are kept. */
        outputBytes: number;
        /** Bytes of output that were captured and are not kept, for want of room: since the start, in all. */
        outputDroppedBytes: number;
    }

    interface MetricsOptions {
        /** Jobs that have a label of their own, about 30 series each; all others are counted as `_other`. Default 200. */
        maxJobs?: number;
        /** What all names begin with. Default 'job_manager_'. */
        prefix?: string;
    }

    interface MetricsRequest {
        /** Default 'prometheus', the text format 0.0.4. */
        format?: 'prometheus' | 'openmetrics';
    }

    /** A line of the log. */
    interface Warning {
        at: Date;
        level: 'warn' | 'error';
        /** At most 2 KiB. */
        message: string;
    }

    interface PauseOptions {
        /** Shown with the job. */
        note?: string;
        /** Cancels its runs, too. Default false. */
        cancelRunning?: boolean;
        /** Who pauses it. Default 'host'. */
        by?: 'host' | 'operator';
    }

    interface ResumeOptions {
        /** One run now, if a due time has passed meanwhile. Default false. */
        catchUp?: boolean;
    }

    /**
     * Why a due time got no run: an earlier run was still going; it passed while nothing could start; the job was paused; or
     * the job had no due time but such that had gone by when it was added, or its schedule started.
     */
    type SkipReason = 'overlap' | 'missed' | 'paused' | 'past';

    interface JobEvents {
        'job added': [event: {job: JobInfo}];
        'job removed': [event: {job: JobInfo}];
        'job paused': [event: {job: JobInfo; by: 'host' | 'operator' | 'failures'; note?: string}];
        'job resumed': [event: {job: JobInfo}];
        /** `pauseAll`: there is no event of each job. */
        'all paused': [event: {by: 'host' | 'operator'; note?: string}];
        'all resumed': [event: {}];
        /** `shutdown` was called: no jobs are accepted from now on. */
        'shutting down': [event: {}];
        /** Of `@tryghost/job-manager/check-ins`: a service did not take a check-in. */
        'check-in failed': [event: {job: string; service: string; error: any}];
        'run queued': [event: {run: RunInfo}];
        /** It has a process, or its place on the event loop. */
        'run started': [event: {run: RunInfo}];
        /** It has reached the code of the job. */
        'run online': [event: {run: RunInfo}];
        'run progress': [event: {runId: string; job: string; progress: Progress}];
        'run log': [event: {runId: string; job: string; line: LogLine}];
        /** It has printed or logged more, which `output(runId, {from})` gives: four times a second at most for each run. */
        'run output': [event: {runId: string; job: string; totalBytes: number}];
        'attempt failed': [event: {run: RunInfo; error: any; retryAt?: Date}];
        /** Exactly once for each run, whatever happened. */
        'run ended': [event: {run: RunInfo; error?: any; result?: any}];
        /** At most one a second for each job and reason; `count` due times since the last one. */
        'run skipped': [event: {job: string; due?: Date; reason: SkipReason; count: number}];
        /** It has taken longer than `warnAfter`; it goes on. */
        'run slow': [event: {run: RunInfo; limitMs: number}];
        /** It began more than a second after its due time. */
        'run late': [event: {run: RunInfo; limitMs: number}];
    }

    /** Events of all jobs. A listener that throws or rejects is logged, and the others are called all the same. */
    interface JobEventEmitter {
        on<Name extends keyof JobEvents>(event: Name, listener: (...args: JobEvents[Name]) => void): this;
        once<Name extends keyof JobEvents>(event: Name, listener: (...args: JobEvents[Name]) => void): this;
        off<Name extends keyof JobEvents>(event: Name, listener: (...args: JobEvents[Name]) => void): this;
        addListener<Name extends keyof JobEvents>(
            event: Name,
            listener: (...args: JobEvents[Name]) => void
        ): this;
        removeListener<Name extends keyof JobEvents>(
            event: Name,
            listener: (...args: JobEvents[Name]) => void
        ): this;
        removeAllListeners(event?: keyof JobEvents): this;
        listenerCount(event: keyof JobEvents): number;
    }

    /** Options of a job that say what is watched and kept of its runs. */
    interface WatchOptions {
        /** Longest time without a sign of life (progress, a log line, a message, `heartbeat()`), in ms from 1,000; then the attempt fails with `JOB_STALLED`. */
        stallAfter?: number;
        /** A run that takes longer, in ms, is warned about once, and goes on. */
        warnAfter?: number;
        /** Ended runs that are kept: 0 to 1,000, or false for none. Default: `history.perJob` of the manager. */
        history?: number | false;
        /** The largest result that is kept with a run, in bytes. Default 16,384, at most 1 MiB. */
        keepResult?: number;
        /** Bytes that are kept of what a run prints and logs: the first quarter and the last three. 0 to 16 MiB, default 65,536. */
        outputLimit?: number;
        /** Whether what the job writes with `run.log` is written to the manager's logger. Default true. */
        logToHost?: boolean;
        /** At most 500 characters. */
        description?: string;
        /** At most ten. */
        tags?: readonly string[];
    }

    /** Options of a job with due times that say when it is paused. */
    interface PausedOptions {
        /** It is registered, and gets no run until `resumeJob`. Default false. */
        paused?: boolean;
        /** So many runs in a row that failed pause it. Default: never. */
        pauseAfterFailures?: number;
    }

    /** What `job` of the manager may give for all its jobs: a job's own option comes first. */
    interface JobDefaults extends RetryOptions, Omit<WatchOptions, 'description' | 'tags'> {
        /** Of offloaded jobs. */
        output?: OutputUse | {stdout?: OutputUse; stderr?: OutputUse};
        priority?: number;
        /** Of offloaded jobs. */
        nice?: number;
        timeout?: number;
        memoryLimitMb?: number;
        gracePeriod?: number;
        overlap?: Overlap;
        missed?: Missed;
        startDeadline?: number;
        pauseAfterFailures?: number;
    }

    interface HistoryOptions {
        /** Of each job that does not say: 0 to 1,000. Default 20. */
        perJob?: number;
        /** In all. Default 10,000. */
        total?: number;
        /** In ms. Default seven days. */
        maxAge?: number;
    }

    interface StoreOptions {
        /** The file, such as 'data/jobs.db'. Its folder has to exist. One manager at a time uses it. */
        path: string;
        /**
         * 'normal' (default): what was accepted outlives the death of the process. 'full': and a power failure; each commit
         * waits for the disk.
         */
        durability?: 'normal' | 'full';
        /**
         * 'refuse' (default): a store that cannot be opened is an error, and `runJob` rejects while it cannot keep anything.
         * 'memory': the manager goes on without it, with a warning.
         */
        onError?: 'refuse' | 'memory';
        /** Runs whose job is not defined within a minute: 'keep' (default) lets them wait on, 'fail' ends them. */
        orphanRuns?: 'keep' | 'fail';
    }

    /** The store cannot be opened, or cannot keep a run. The message names the file, and what to do. */
    interface StoreError extends Error {
        code:
            | 'STORE_IN_USE'
            | 'STORE_LOCKED'
            | 'STORE_READ_ONLY'
            | 'STORE_FOLDER_MISSING'
            | 'STORE_NOT_A_FILE'
            | 'STORE_NOT_A_STORE'
            | 'STORE_CORRUPT'
            | 'STORE_NEWER'
            | 'STORE_NO_COPY'
            | 'STORE_FULL'
            | 'STORE_NETWORK'
            | 'STORE_GONE'
            | 'STORE_REJECTED'
            | 'STORE_FAILED'
            | 'STORE_CLOSED';
    }

    interface Progress {
        /** 0 to 1. */
        value: number;
        note?: string;
        at: Date;
    }

    interface LogLine {
        at: Date;
        level: 'debug' | 'info' | 'warn' | 'error';
        message: string;
        fields?: Record<string, any>;
    }

    interface FailedAttempt {
        error: any;
        attempt: number;
        attempts: number;
        /** When the next one begins. */
        retryAt?: Date;
    }

    interface RunEvents {
        progress: [progress: Progress];
        log: [line: LogLine];
        'attempt failed': [failed: FailedAttempt];
        ended: [run: RunInfo];
    }

    /** A run that was asked for. */
    interface Run<Result = any> {
        readonly id: string;
        /** The job. */
        readonly name: string;
        /** Settles when the run ends. Need not be asked for: a failure nobody waits for is no unhandled rejection. */
        readonly result: Promise<Result>;
        /** The run as it is now. */
        info(): RunInfo;
        /**
         * Asks the run to stop. One that waits never begins; one that goes has its `signal` aborted (a script gets
         * 'cancel'), and is ended after its grace period if it is in a process. Resolves when it has ended.
         */
        cancel(reason?: string): Promise<RunInfo>;
        on<Name extends keyof RunEvents>(event: Name, listener: (...args: RunEvents[Name]) => void): this;
        once<Name extends keyof RunEvents>(event: Name, listener: (...args: RunEvents[Name]) => void): this;
        off<Name extends keyof RunEvents>(event: Name, listener: (...args: RunEvents[Name]) => void): this;
        removeListener<Name extends keyof RunEvents>(
            event: Name,
            listener: (...args: RunEvents[Name]) => void
        ): this;
    }

    interface WorkerOptions {
        /** Laid over the host's environment. */
        env?: Record<string, string | undefined>;
        argv?: unknown[];
        /** Flags of `node`. Default: the host's own, without those of debuggers and test runners. */
        execArgv?: string[];
        resourceLimits?: ResourceLimits;
        /** Give the job's output to `worker.stdout` rather than the host's. */
        stdout?: boolean;
        /** Give the job's errors to `worker.stderr` rather than the host's. */
        stderr?: boolean;
        /** Properties of every job's `workerData`. */
        workerData?: Record<string, any>;
        /** Title of the process. */
        name?: string;
    }

    interface WorkerMeta {
        isMainThread: boolean;
        resourceLimits: ResourceLimits;
        threadId: number;
        /** Absent until the worker is online. */
        pid?: number;
    }

    interface JobMeta {
        name: string;
        worker?: WorkerMeta;
        /** Present for a failed run, with the next two. */
        runId?: string;
        /** The last one; 1 is the first. */
        attempt?: number;
        /** Tries in all. */
        attempts?: number;
        /** Why there was no further one, where there might have been. */
        gaveUp?: GaveUp;
    }

    interface WorkerMessage {
        name: string;
        message: any;
        worker: WorkerMeta;
    }

    interface ShutdownOptions {
        /** In ms; Infinity for no limit. Default 30,000 for workers, none for inline jobs. */
        timeout?: number;
        /**
         * What to do with inline jobs and runs of handlers that have not begun. Default 'finish'. Those still waiting at
         * `timeout` are dropped.
         */
        waiting?: 'finish' | 'drop';
        /** Accepted for compatibility; nothing is polled. */
        interval?: number;
    }

    interface InlineQueue {
        /** The number of queued jobs. */
        length(): number;
        /** Whether no job is queued or running. */
        idle(): boolean;
    }

    interface Logger {
        info?(...args: any[]): void;
        warn?(...args: any[]): void;
        error?(...args: any[]): void;
    }

    /** As Bookshelf models of Ghost have it; `add`, `findOne` and `edit` are needed. */
    interface JobModel {
        add(data: {name: string; status: string}): Promise<unknown>;
        findOne(query: {name: string}): Promise<JobRow | PlainJobRow | null | undefined>;
        edit(data: Record<string, unknown>, options: {id: any}): Promise<unknown>;
        /** With it, hosts that add a failed one-off again at the same time take turns; see docs/design/one-off-jobs.md. */
        destroy?(options: {id: any}): Promise<unknown>;
    }

    interface JobRow {
        id: any;
        get(column: 'status' | 'started_at' | 'finished_at' | (string & {})): any;
    }

    /** A row may be a plain object. */
    interface PlainJobRow {
        id: any;
        status: string;
        started_at?: any;
        finished_at?: any;
    }

    interface WorkerEvents {
        online: [];
        message: [message: any];
        error: [error: any];
        exit: [exitCode: number];
    }

    interface BreeEvents {
        'worker created': [name: string];
        'worker deleted': [name: string];
        'job past': [name: string];
        'run ended': [summary: RunSummary];
    }

    /** A run, with the interface of a Worker of `node:worker_threads`. */
    interface WorkerView extends EventEmitter, WorkerMeta {
        on<Name extends keyof WorkerEvents>(
            event: Name,
            listener: (...args: WorkerEvents[Name]) => void
        ): this;
        once<Name extends keyof WorkerEvents>(
            event: Name,
            listener: (...args: WorkerEvents[Name]) => void
        ): this;
        off<Name extends keyof WorkerEvents>(
            event: Name,
            listener: (...args: WorkerEvents[Name]) => void
        ): this;
        addListener<Name extends keyof WorkerEvents>(
            event: Name,
            listener: (...args: WorkerEvents[Name]) => void
        ): this;
        removeListener<Name extends keyof WorkerEvents>(
            event: Name,
            listener: (...args: WorkerEvents[Name]) => void
        ): this;
        readonly stdout: Readable | null;
        readonly stderr: Readable | null;
        postMessage(value: unknown): void;
        /** Ends the run's processes at once; resolves with the exit code. */
        terminate(): Promise<number>;
    }

    /** A Map whose entries are also properties. */
    type NamedMap<T> = Map<string, T> & {readonly [name: string]: T};

    /** How an attempt of a run ended: the argument of the event 'run ended'. */
    interface RunSummary {
        name: string;
        threadId: number;
        /** 1 is the first. */
        attempt: number;
        /** When the next attempt begins, where that is known. */
        retryAt?: Date;
        cause:
            | 'done'
            | 'returned'
            | 'exited'
            | 'exit'
            | 'error'
            | 'signal'
            | 'cancelled'
            | 'terminated'
            | 'timeout'
            | 'memory'
            | 'start'
            | 'channel'
            | 'notStopped'
            /** Its host died, and it has no attempt left. */
            | 'hostDied'
            /** The manager was shut down before it was done: it stays in the store. */
            | 'left';
        exitCode?: number;
        /** With 'signal', and with 'cancelled' when a signal from outside the host asked for that. */
        signal?: number;
        elapsedMs: number;
        cpuMs: number;
        peakMemoryBytes: number;
    }

    /** The events of BreeEvents; another name does not compile. */
    interface BreeFacade extends EventEmitter {
        on<Name extends keyof BreeEvents>(event: Name, listener: (...args: BreeEvents[Name]) => void): this;
        once<Name extends keyof BreeEvents>(event: Name, listener: (...args: BreeEvents[Name]) => void): this;
        off<Name extends keyof BreeEvents>(event: Name, listener: (...args: BreeEvents[Name]) => void): this;
        addListener<Name extends keyof BreeEvents>(
            event: Name,
            listener: (...args: BreeEvents[Name]) => void
        ): this;
        removeListener<Name extends keyof BreeEvents>(
            event: Name,
            listener: (...args: BreeEvents[Name]) => void
        ): this;
        readonly workers: NamedMap<WorkerView>;
        readonly timeouts: NamedMap<{clear(): void}>;
        readonly intervals: NamedMap<{clear(): void}>;
        readonly config: {
            jobs: Array<{name: string; path: unknown; [key: string]: unknown}>;
            worker: WorkerOptions;
            [key: string]: unknown;
        };
        add(jobs: object | object[]): Promise<void>;
        start(name?: string): Promise<void>;
        run(name?: string): Promise<void>;
        stop(name?: string): Promise<void>;
        remove(name: string): Promise<void>;
    }

    /** A run that failed for another reason than an exception thrown by the job, or a job that was not run. */
    interface JobError extends Error {
        code:
            | 'JOB_EXIT_CODE'
            | 'JOB_SIGNAL'
            | 'JOB_TIMEOUT'
            | 'JOB_MEMORY_LIMIT'
            | 'JOB_CANCELLED'
            | 'JOB_TERMINATED'
            | 'JOB_FAILED_TO_START'
            | 'JOB_CHANNEL_BROKEN'
            | 'JOB_SKIPPED'
            | 'JOB_REMOVED'
            | 'MANAGER_SHUT_DOWN'
            | 'JOB_NOT_STOPPED'
            | 'JOB_NOT_RUN'
            | 'HOST_DIED'
            | 'JOB_LEFT_IN_STORE';
        jobName: string;
    }
}

export = JobManager;
