'use strict';

/**
 * Registered jobs: offloaded ones, and inline ones with a schedule. Validates requests of the host and passes them to
 * the native side, which decides when each job runs.
 */

const {checkStopped, incorrectUsage} = require('../host/errors');
const {codedError, fromCaller} = require('../host/from-caller');
const {HostClock, isReplaced} = require('../host/host-clock');
const {JobScope} = require('../host/job-scope');
const {handlerRequest, handlerSource, isOffloaded} = require('./handler-options');
const {assertSource, defaultName, offloadedSource} = require('./job-source');
const {queueConcurrency} = require('./queues');
const {JobTotals} = require('./job-totals');
const {isModuleFile} = require('./module-kind');
const {JOB} = require('./option-tables');
const {DEFAULT_LIMIT_BYTES, isKept, outputStreams} = require('./output-options');
const {retryPolicy} = require('./retry-options');
const {CRON_LIKE, isNeverDue, neverDue, nextDue, parseAt} = require('./schedules');
const {JobOptions} = require('../native/native');
const {locateUncloneable} = require('../wire/uncloneable');
const {encodeJob, resolveWorker, startOptions} = require('./worker-options');

/** Errors of the native side that get the message of the package that we replace. */
const REFUSALS = {
    JOB_DUPLICATE_NAME: (name) => new Error(`Job #1 has a duplicate job name of ${name}`),
    JOB_UNKNOWN: (name) => new Error(`Job "${name}" does not exist`),
    JOB_ALREADY_STARTED: (name) => new Error(`Job "${name}" is already started`),
    INVALID_OPTION: (name, {message}) => incorrectUsage({message: `Job "${name}": ${message}`}),
    TIME_ZONE_UNKNOWN: (name, {message}) => incorrectUsage({message: `Job "${name}": ${message}`})
};

/** The job has no due times: it is run when `runJob` asks for it. */
const ON_REQUEST = Object.freeze({kind: 'request'});

/** A handler has no worker whose streams could be read: it prints where the host does. */
const NO_STREAMS = Object.freeze({stdout: false, stderr: false});

/** One registration of a job. */
class RegisteredJob extends JobScope {
    constructor({name, when, anchorMs, job, retry, handler, keepsOutput, isOneOff, isTransient}) {
        super(name);
        /** @type {import('./schedules').When} */
        this.when = when;
        /** The start of a plain interval, in ms since 1970. */
        this.anchorMs = anchorMs;
        /** The argument of `addJob`. */
        this.job = job;
        /** What makes it a handler, for one that is. @type {import('../native/binding').HandlerRequest | undefined} */
        this.handler = handler;
        /** How many attempts a run of it has at most. */
        this.attempts = retry?.attempts ?? 1;
        /** Whether what it prints is kept with its runs. */
        this.keepsOutput = keepsOutput;
        /** Whether it is removed when its run has ended. */
        this.isTransient = isTransient;
        /** Whether the host's timers are fake, so that this job is scheduled on them. */
        this.isHostClock = isReplaced();
        /** Whether its only due time had passed when it was started. */
        this.isPast = false;
        /** Whether it is a one-off job, which has a status row. */
        this.isOneOff = isOneOff;
        /** Made when a run of it has ended. @type {JobTotals | undefined} */
        this.totals = undefined;
    }

    /** Whether it runs on the event loop of the host. */
    get isInline() {
        return this.job.offloaded === false;
    }

    /** A run of it has ended. */
    ended(run) {
        this.totals ??= new JobTotals();
        this.totals.add(run);
    }

    /** An attempt of it has failed, and another one follows. */
    retried() {
        this.totals ??= new JobTotals();
        this.totals.retries += 1;
    }
}

class RegisteredJobs {
    #native;
    #bree;
    #logger;
    #environment;
    #defaults;
    #checker;
    #queues;
    #accept;
    #settle;
    #completions;
    #inlineRuns;
    #onChange;
    #onAdded;
    #onRemoved;
    #onPast;
    #onRun;
    #hostClock;
    #lastOptions;
    #lastOptionsKey;
    #hasWarnedOfNiceness = false;
    /** @type {Map<string, RegisteredJob>} */
    #jobs = new Map();
    /** Removed jobs with runs that have not ended, by number. */
    #removed = new Map();

    /**
     * @param {object} parts
     * @param {import('../native/binding').NativeManager} parts.native
     * @param {import('../events/bree-facade').BreeFacade} parts.bree
     * @param {object} parts.logger
     * @param {import('../host/host-environment').HostEnvironment} parts.environment
     * @param {object} parts.defaults - manager-wide `timezone`, `dst`, `gracePeriod`, `execPath`, `unref`
     * @param {import('../host/options').OptionChecker} parts.checker
     * @param {Record<string, {concurrency?: number}>} parts.queues - those that jobs may share, read when a job is added
     * @param {(name: string) => void} parts.accept - throws once the manager accepts no more jobs
     * @param {(send: (request: number) => void) => Promise<{survivors: object[]}>} parts.settle - makes a
     *   request that is settled later
     * @param {import('../events/completions').Completions} parts.completions
     * @param {(job: RegisteredJob) => {ended: Promise<void>, othersEnded: Promise<void>}} parts.inlineRuns - see `InlineRunner`
     * @param {() => void} parts.onChange - a job was registered
     * @param {(job: RegisteredJob) => void} parts.onAdded
     * @param {(job: RegisteredJob) => void} parts.onRemoved - called before it is forgotten
     * @param {(job: RegisteredJob) => void} parts.onPast - its schedule was started, and all its due times have gone by
     * @param {() => void} parts.onRun - a run was requested: its start is to be reported without delay
     */
    constructor(parts) {
        const {native, bree, logger, environment, defaults, settle, completions, inlineRuns} = parts;
        this.#native = native;
        this.#bree = bree;
        this.#logger = logger;
        this.#environment = environment;
        this.#defaults = defaults;
        this.#checker = parts.checker;
        this.#queues = parts.queues;
        this.#accept = parts.accept;
        this.#settle = settle;
        this.#completions = completions;
        this.#inlineRuns = inlineRuns;
        this.#hostClock = new HostClock(defaults.unref);
        this.#onChange = parts.onChange;
        this.#onAdded = parts.onAdded;
        this.#onRemoved = parts.onRemoved;
        this.#onPast = parts.onPast;
        this.#onRun = parts.onRun;
    }

    /** @returns {RegisteredJob | undefined} */
    get(name) {
        return this.#jobs.get(name);
    }

    /** @returns {Iterable<string>} the oldest registration first */
    names() {
        return this.#jobs.keys();
    }

    /** @returns {RegisteredJob | undefined} the job of an event, even if it has been removed since */
    registered(name, number) {
        const job = this.#jobs.get(name);
        return job?.number === number ? job : this.#removed.get(number);
    }

    /** Whether the job is registered, and a run of it is running, queued or due. */
    isComing(name) {
        return this.#native.isBusy(name) || this.#hostClock.has(name);
    }

    /** A due time passed without a run (the machine was asleep, say). A job with a Date then has no further one. */
    missed(registered) {
        if (registered?.when.kind === 'date') {
            this.#bree.timeouts.delete(registered.name);
            this.#past(registered);
        }
    }

    /** @returns {string[]} the jobs of which a run has ended, the last one first */
    ran() {
        const ran = [...this.#jobs.values()].filter(({totals}) => totals?.last !== undefined);
        return ran
            .toSorted((one, other) => other.totals.last.endedMs - one.totals.last.endedMs)
            .map(({name}) => name);
    }

    /** The worker options of a job: those of the manager, overridden by its own. */
    workerOptions(registered) {
        return {...this.#bree.config.worker, ...registered?.job.worker};
    }

    /**
     * Registers a job and starts its schedule.
     *
     * @param {object} job - of `addJob`
     * @param {object} [options]
     * @param {boolean} [options.replaceFinished] - whether to replace a job of that name that has no run and no due time left
     * @param {boolean} [options.isTransient] - whether to remove the job when its run has ended
     * @param {boolean} [options.isOneOff] - whether it has a status row
     * @returns {Promise<void> | undefined} a promise only if the host has replaced methods of `bree`
     * @throws if the job is invalid, could never start, or has the name of another
     */
    add(job, {replaceFinished = false, isTransient = false, isOneOff = false} = {}) {
        this.#accept(job.name);
        if (this.#bree.isReplaced('add') || this.#bree.isReplaced('start')) {
            return this.#addThroughBree(job);
        }
        const {registered, answer} = this.#register(this.#prepare(job), {
            replaceFinished,
            isTransient,
            isOneOff
        });
        this.#started(registered, answer);
        return undefined;
    }

    /**
     * Registers a handler, and starts its schedule if it has one.
     *
     * @param {object} job - of `defineJob`, checked
     * @throws as `add`
     */
    define(job) {
        this.#accept(job.name);
        const handler = handlerRequest(job, this.#queues);
        const prepared = this.#prepare({...job, offloaded: isOffloaded(job)}, {handler});
        const {registered, answer} = this.#register(prepared, {});
        this.#started(registered, answer);
    }

    /** Registers a one-off job of a cluster: it begins when this host is given its run. */
    offer(job) {
        this.#accept(job.name);
        const prepared = this.#prepare(job, {isOnRequest: true});
        this.#register(prepared, {replaceFinished: true, isOneOff: true});
    }

    /** The work of a run of a script that is given other data than the job's own. */
    workWith({name, job}, data) {
        const source = offloadedSource(name, job.job);
        const worker = this.#worker(job);
        const description = describeJob(name, {...job, data}, source);
        return encoded({name, source, description, data}, worker);
    }

    #worker({worker, execPath = this.#defaults.execPath}) {
        return resolveWorker(worker, this.#bree.config.worker, execPath);
    }

    /** Calls `bree.add` and `bree.start`, which the host has replaced, with the arguments that they get in the old package. */
    async #addThroughBree(job) {
        const {name, description} = this.#prepare(job);
        await this.#bree.add({...description, path: job.job});
        await this.#bree.start(name);
    }

    /** Registers a job without starting its schedule; see `start`. */
    hold(job) {
        this.#checker.check(JOB, job, job.name);
        this.#accept(job.name);
        this.#register(this.#prepare(job), {isHeld: true});
    }

    /**
     * Throws the same errors as `add`, without registering the job.
     *
     * @param {object} job
     */
    check(job) {
        const {name} = this.#prepare(job, {isQuiet: true});
        if (this.#native.isBusy(name)) {
            throw refusal('JOB_DUPLICATE_NAME', name);
        }
    }

    /** Starts the schedule of a job that was held or stopped. */
    start(name) {
        this.#accept(name);
        const registered = this.#jobs.get(name);
        if (!registered) {
            // Without quotes, as in bree.
            throw codedError('JOB_UNKNOWN', `Job ${name} does not exist`);
        }
        this.#environment.refresh();
        this.#started(
            registered,
            this.#ask(name, () => this.#native.scheduleJob(name))
        );
    }

    /** Starts a run of a job now. */
    run(name) {
        this.#accept(name);
        this.#known(name).isPast = false;
        this.#environment.refresh();
        this.#ask(name, () => this.#native.runJob(name));
        this.#onRun();
    }

    /** Ends a job's schedule, and cancels its runs. */
    async stop(name) {
        const registered = this.#known(name);
        this.#disarm(name);
        const stopped = await this.#settle((request) =>
            this.#ask(name, () => this.#native.stopJob(name, request))
        );
        await this.#inlineRuns(registered).othersEnded;
        checkStopped(stopped);
    }

    /** As `stop`, and unregisters the job at once, so that its name can be used again. */
    async remove(name) {
        const registered = this.#known(name);
        this.#disarm(name);
        this.#onRemoved(registered);
        const runsEnded = this.#settle((request) =>
            this.#ask(name, () => this.#native.removeJob(name, request))
        );
        this.#jobs.delete(name);
        this.#removed.set(registered.number, registered);
        this.#bree.removed(name);
        const stopped = await runsEnded;
        const {ended, othersEnded} = this.#inlineRuns(registered);
        ended.then(() => {
            this.#removed.delete(registered.number);
            this.#completions.removed(registered);
        });
        await othersEnded;
        checkStopped(stopped);
    }

    /** A run of an inline job has ended. */
    runEnded(registered) {
        const {name, isTransient = false} = registered ?? {};
        if (!isTransient || this.#jobs.get(name) !== registered || this.#native.isBusy(name)) {
            return;
        }
        this.#disarm(name);
        this.#onRemoved(registered);
        void this.#settle((request) => this.#native.removeJob(name, request));
        this.#jobs.delete(name);
        this.#bree.removed(name);
    }

    /** @param {boolean} isUnref - whether timers of the host do not keep the process alive */
    setUnref(isUnref) {
        this.#hostClock.setUnref(isUnref);
    }

    /** Clears all due times on this side; those of the native side are cleared by its own shutdown. */
    disarmAll() {
        this.#hostClock.clear();
        this.#bree.timeouts.clear();
        this.#bree.intervals.clear();
    }

    #prepare(
        job,
        {isQuiet = false, handler, isOnRequest = handler !== undefined && job.at === undefined} = {}
    ) {
        const {offloaded = true} = job;
        const name = job.name || defaultName(job.job);
        if (!name) {
            throw nameMissing(job.job);
        }
        checkName(name);
        const {timezone = this.#defaults.timezone, dst = this.#defaults.dst} = job;
        const when = isOnRequest ? ON_REQUEST : parseAt(job.at, {timezone, dst});
        const isShared = this.#isShared({...job, name}, when);
        // Hosts of a cluster count plain intervals from the same instant.
        const anchorMs = isShared ? 0 : Date.now();
        const announcement = announce(name, job.at, when, anchorMs);
        const retry = retryPolicy(job);
        if (!isQuiet) {
            this.#logger.info(announcement);
            this.#warnOfUselessBackoff(name, job, {retry, handler});
            this.#warnOfNiceness(job);
        }
        const sourceOf = handler ? handlerSource : offloadedSource;
        const source = offloaded ? sourceOf(name, job.job, job) : undefined;
        // A handler is given its data with each run.
        const data = handler ? undefined : job.data;
        const description = describeJob(name, {...job, data}, source);
        const worker =
            source && this.#worker(handler ? {...job, worker: {...job.worker, ...NO_STREAMS}} : job);
        const work = source && encoded({name, source, description, data}, worker);
        const output = worker && outputStreams(name, job, worker);
        return {
            name,
            when,
            anchorMs,
            job,
            description,
            work,
            retry,
            handler,
            keepsOutput: output !== undefined && isKept(output),
            options: this.#options(
                name,
                handler ? {...job, concurrency: undefined, queue: undefined} : job,
                when,
                {
                    retry,
                    worker,
                    output,
                    isShared,
                    isModule: source?.kind === 'file' && isModuleFile(source.target)
                }
            )
        };
    }

    /** Whether its due times are shared with the other hosts of a cluster. */
    #isShared(job, {kind}) {
        const {clustering} = this.#defaults;
        if (clustering === undefined || kind === 'now' || kind === 'request') {
            return false;
        }
        return clustering().shares(job);
    }

    /** A handler may be asked for with more attempts than its own. */
    #warnOfUselessBackoff(name, {attempts, backoff}, {retry, handler}) {
        if (backoff !== undefined && attempts === undefined && retry.attempts === 1 && !handler) {
            this.#logger.warn(
                `The option "backoff" of job "${name}" has no effect without "attempts", which counts the first try too`
            );
        }
    }

    #warnOfNiceness({nice = 0}) {
        if (nice > 0 && process.platform === 'win32' && !this.#hasWarnedOfNiceness) {
            this.#hasWarnedOfNiceness = true;
            this.#logger.warn('The option "nice" has no effect on Windows');
        }
    }

    /** The native options of a job, reused if they equal those of the job before. `worker` is undefined for inline jobs. */
    #options(name, job, when, {retry, worker, output, isShared, isModule}) {
        const {
            overlap,
            missed,
            startDeadline: startDeadlineMs,
            timeout,
            memoryLimitMb,
            execPath,
            unref
        } = job;
        const {concurrency, gracePeriod = this.#defaults.gracePeriod, queue, priority, nice} = job;
        const {outputLimit = DEFAULT_LIMIT_BYTES} = job;
        const {paused, pauseAfterFailures, stallAfter: stallAfterMs, warnAfter: warnAfterMs, tags} = job;
        const limits = {timeout, memoryLimitMb, gracePeriod, execPath, nice, isModule};
        const start = worker && startOptions(limits, worker, output);
        const schedule = when.scheduleOptions;
        const options = {
            schedule,
            overlap,
            missed,
            startDeadlineMs,
            retry,
            concurrency,
            priority,
            queue,
            queueConcurrency: queueConcurrency({name, queue}, this.#queues),
            paused,
            pauseAfterFailures,
            stallAfterMs,
            warnAfterMs,
            takesContext: job.context,
            tags,
            isClustered: isShared || undefined,
            unref,
            outputLimit,
            worker: start
        };
        const key = JSON.stringify(options);
        if (key !== this.#lastOptionsKey) {
            this.#lastOptions = this.#ask(name, () => new JobOptions(options));
            this.#lastOptionsKey = key;
        }
        return this.#lastOptions;
    }

    #register(
        {name, when, anchorMs, job, description, work, retry, handler, keepsOutput, options},
        {replaceFinished = false, isTransient = false, isOneOff = false, isHeld = false}
    ) {
        const registered = new RegisteredJob({
            name,
            when,
            anchorMs,
            job,
            retry,
            handler,
            keepsOutput,
            isOneOff,
            isTransient
        });
        if (when.kind === 'schedule') {
            this.#environment.ensure();
        } else {
            this.#environment.refresh();
        }
        const due = {
            atMs: when.atMs,
            schedule: when.schedule,
            isHostClock: registered.isHostClock || when === ON_REQUEST,
            registration: registered.number
        };
        const answer = this.#ask(name, () =>
            this.#native.addJob(name, due, options, work, replaceFinished, isHeld, handler)
        );
        const replaced = replaceFinished ? this.#jobs.get(name) : undefined;
        if (replaced) {
            this.#bree.removed(name);
        }
        this.#jobs.set(name, registered);
        this.#completions.registered(registered, replaced);
        this.#bree.registered(description);
        this.#onAdded(registered);
        return {registered, answer};
    }

    /** A job's schedule has been started; `answer` is 'past' if all its due times have passed. */
    #started(registered, answer) {
        const {name, when, anchorMs, isHostClock} = registered;
        if (answer === 'past' || (isHostClock && isPast(when, anchorMs))) {
            this.#logger.warn(`Job "${name}" was skipped because it was in the past.`);
            this.#bree.emit('job past', name);
            if (!registered.isPast && !this.#native.isBusy(name)) {
                this.#onPast(registered);
            }
            this.#past(registered);
            return;
        }
        if (when === ON_REQUEST) {
            return;
        }
        this.#bree.armed(name, when.kind === 'schedule');
        if (isHostClock) {
            this.#armHostClock(registered);
        }
        this.#onChange();
    }

    /** The job has no due time left, unless it is run by `bree.run`. */
    #past(registered) {
        registered.isPast = true;
        this.#completions.skipped(registered);
    }

    #armHostClock({name, when, anchorMs, job}) {
        const nowMs = Date.now();
        // A job for now is more than a due time: the process lives until it has run.
        const timer = {name, isUnref: when.kind === 'now' ? false : job.unref || undefined};
        const following = (afterMs) => nextDue(when, afterMs, anchorMs);
        if (when.kind === 'schedule') {
            this.#hostClock.arm(timer, following(nowMs), () => this.run(name), following);
        } else {
            this.#hostClock.arm(timer, when.atMs ?? nowMs, () => this.run(name));
        }
    }

    #disarm(name) {
        this.#hostClock.disarm(name);
        this.#bree.disarmed(name);
    }

    #known(name) {
        const registered = this.#jobs.get(name);
        if (!registered) {
            throw refusal('JOB_UNKNOWN', name);
        }
        return registered;
    }

    #ask(name, call) {
        try {
            return call();
        } catch (error) {
            throw refusal(error.code, name, error) ?? error;
        }
    }
}

/** The native side knows names as UTF-8, which has no half of a surrogate pair: its events would name another job. */
function checkName(name) {
    if (!String(name).isWellFormed()) {
        throw incorrectUsage({
            message: `The name of job ${JSON.stringify(name)} has a lone surrogate in it, which is half of a character`,
            code: 'INVALID_OPTION',
            help: 'Names must be well-formed text: see String.prototype.toWellFormed().'
        });
    }
}

/** The error for a code of the native side; undefined if REFUSALS has no message for it. */
function refusal(code, name, cause) {
    const make = REFUSALS[code];
    return make && fromCaller(() => Object.assign(make(name, cause), {code}));
}

/** A job without a name, and without a path to take one from. */
function nameMissing(job) {
    assertSource(job);
    const message = 'Name parameter should be present if job is a function';
    return incorrectUsage({message, code: 'JOB_NAME_MISSING'});
}

/** As `encodeJob`, but a DataCloneError names the property that cannot be cloned. */
function encoded(job, worker) {
    try {
        return encodeJob(job, worker);
    } catch (error) {
        const {data} = job;
        throw locateUncloneable(error, `Job "${job.name}"`, {data, 'worker.workerData': worker.workerData});
    }
}

/** The log line about when the job runs. */
function announce(name, at, when, anchorMs) {
    if (when === ON_REQUEST) {
        return `Job ${name} is ready to be run`;
    }
    if (when.kind === 'now') {
        return `Scheduling job ${name} to run immediately`;
    }
    if (when.kind === 'date') {
        return `Scheduling job ${name} at ${at}`;
    }
    const nextMs = nextDue(when, Date.now(), anchorMs);
    if (nextMs === undefined && isNeverDue(at)) {
        throw neverDue(at);
    }
    const nextRun = nextMs === undefined ? '' : `. Next run on: ${new Date(nextMs)}`;
    return `Scheduling job ${name} at ${at}${nextRun}`;
}

/** Whether all due times have passed by the host's own clock. */
function isPast(when, anchorMs) {
    return when.kind !== 'now' && nextDue(when, Date.now() - 1, anchorMs) === undefined;
}

/** The job with bree's property names: an entry of `bree.config.jobs`, and the job's own `workerData.job`. */
function describeJob(name, {at, job, data, worker}, source) {
    const description = {name, path: source?.target ?? job};
    if (at !== undefined) {
        const key = typeof at !== 'string' ? 'date' : CRON_LIKE.test(at) ? 'cron' : 'interval';
        description[key] = at;
    }
    if (data !== undefined || worker !== undefined) {
        const {env: _private, ...shown} = worker ?? {};
        description.worker = {...shown, ...(data ? {workerData: data} : {})};
    }
    return description;
}

module.exports = {RegisteredJobs};
