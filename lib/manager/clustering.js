'use strict';

const {hostname} = require('node:os');
const {JobError, incorrectUsage} = require('../host/errors');
const {safely} = require('../host/safe-call');
const native = require('../native/native');
const {Run} = require('../runs/run-handle');
const {errorInfo, runInfo} = require('../runs/run-info');
const {deserializeError, serializeError} = require('../wire/clone');
const {decode, encode} = require('../wire/compact');
const {JOIN} = require('./cluster-option');
const {ClusterOneOffs} = require('./cluster-one-offs');

const nowMs = performance.now.bind(performance);
/** For so long an answer counts as how the cluster is, for metrics. */
const RECENT_MS = 15_000;

/** The side of the manager that shares its jobs with other hosts: tells the adapter of jobs and ends, and begins what it is given. */
class Clustering {
    #parts;
    #member;
    #errorHandler;
    /** Runs of this host that the adapter has given to it, by id. */
    #given = new Set();
    /** What `info` was last answered. */
    #last = {info: undefined, atMs: -Infinity};

    /**
     * @param {object} parts - of the manager (lib/manager/parts.js)
     * @param {object} adapter
     * @param {{errorHandler?: Function, unref?: boolean}} options
     */
    constructor(parts, adapter, {errorHandler, unref, timezone}) {
        this.#parts = parts;
        this.#errorHandler = errorHandler;
        this.#member = adapter[JOIN]({...this.#host(), isUnref: unref === true, timezone});
        /** One-off jobs that the hosts share. */
        this.oneOffs = new ClusterOneOffs(parts, {
            member: this.#member,
            begin: (given) => this.#begin(given),
            lossOf: (name, id, isReported) =>
                isReported ? this.#hostLost(name, id) : hostLostError(name, id)
        });
    }

    /** @returns {'cluster' | 'host'} whose the due times and runs of a job are */
    static scopeOf({scope, name}) {
        return scope ?? (name ? 'cluster' : 'host');
    }

    /**
     * @param {object} job - of `addJob` or `defineJob`, with due times
     * @returns {boolean} whether these are shared with the other hosts
     * @throws {IncorrectUsageError} INVALID_OPTION for what several hosts cannot keep
     */
    shares(job) {
        const {name} = job;
        if (Clustering.scopeOf(job) !== 'cluster') {
            return false;
        }
        this.#member.check?.(name, job);
        return true;
    }

    /** A job was registered. */
    added({name, job, when, attempts, isOneOff}) {
        if (Clustering.scopeOf({...job, name}) !== 'cluster') {
            return;
        }
        const {overlap = 'skip', concurrency, onHostLoss = isOneOff ? 'fail' : 'redo', priority} = job;
        this.#member.added({
            name,
            overlap,
            concurrency,
            onHostLoss,
            priority,
            attempts,
            hasTimes: when.kind === 'schedule' || when.kind === 'date',
            isRecurring: when.kind === 'schedule',
            isOneOff
        });
    }

    /** A job was removed. */
    removed({name}) {
        this.#member.removed(name);
    }

    /** Whether runs of this job that are asked for go to any host. */
    carries(registered) {
        return (
            this.#member.request !== undefined &&
            registered !== undefined &&
            Clustering.scopeOf({...registered.job, name: registered.name}) === 'cluster'
        );
    }

    /** @returns {Promise<Run>} a run that was asked for, on any host, when it is in the queue */
    request(name, options) {
        this.#parts.lifecycle.assertOpen(name);
        return this.#member.request(name, options);
    }

    /**
     * An attempt of a run has failed, and another one follows: on this host, or on the one that gets the run if this one is lost.
     *
     * @param {string} id
     * @param {{attempt: number, retryAtMs?: number, firstStartedMs?: number}} next - without a time while the host is asked for it
     */
    attemptFailed(id, next) {
        if (this.#given.has(id)) {
            this.#member.attemptFailed(id, next);
        }
    }

    /** A run of this host has ended. */
    runEnded(id, {error, cause, read}) {
        if (!this.#given.delete(id)) {
            return;
        }
        const isClosing = this.#parts.lifecycle.state !== 'open';
        if (this.oneOffs.has(id)) {
            // It waits for its row: what is read now may be overwritten by then.
            this.oneOffs.ended(id, endOf({error, cause, isClosing, read: valueOf(error, read)}));
        } else {
            this.#member.ended(id, endOf({error, cause, isClosing, read}));
        }
    }

    /** Whether a run is one that the adapter has given to this host. */
    given(id) {
        this.#given.add(id);
    }

    /** What was done to the jobs of this host is to be done on all. */
    steer(order) {
        this.#member.steer?.(order);
    }

    /**
     * Cancels a run that waits in the queue, or goes on another host.
     *
     * @returns {Promise<import('../../index').RunInfo>} the run, as it was then
     * @throws {IncorrectUsageError} RUN_UNKNOWN, RUN_ENDED
     */
    async cancelElsewhere(id, reason) {
        const {state} = (await this.#member.cancel?.(id, reason)) ?? {};
        if (state === undefined || state === 'unknown') {
            throw incorrectUsage({
                message: `There is no run "${id}" in the cluster: its id is wrong, or it ended so long ago that it is no longer kept`,
                code: 'RUN_UNKNOWN'
            });
        }
        if (state === 'completed' || state === 'failed') {
            throw incorrectUsage({
                message: `The run "${id}" cannot be cancelled: it has ${state}`,
                code: 'RUN_ENDED'
            });
        }
        return runInfo({id, name: nameIn(id), state: state === 'active' ? 'stopping' : 'cancelled'});
    }

    /** @returns {Promise<object>} hosts, queue and running runs */
    async info() {
        const info = await this.#member.info();
        this.#last = {info, atMs: nowMs()};
        return info;
    }

    /** What `info` was last answered, if that is no older than 15 s. */
    get recent() {
        const {info, atMs} = this.#last;
        return nowMs() - atMs <= RECENT_MS ? info : undefined;
    }

    /** @returns {Promise<(import('../../index').ClusterRun) | undefined>} a run of the cluster, whichever host has it */
    async run(id) {
        const facts = await (this.#member.find?.(id) ?? this.#findRunning(id));
        return facts && Object.freeze({...runInfo(facts), host: facts.host});
    }

    /** A table has no queue: it knows what runs. */
    async #findRunning(id) {
        const {running} = await this.#member.info();
        const found = running.find((run) => run.id === id);
        return (
            found && {
                id,
                name: found.job,
                state: 'running',
                startedMs: found.since,
                attempt: found.attempt,
                host: found.host
            }
        );
    }

    /** From now on nothing more is taken. */
    closing() {
        this.#member.closing();
    }

    /** @returns {Promise<void>} when what this host has not done has been given back */
    async close(limitMs) {
        await this.oneOffs.close(limitMs);
        return this.#member.close(limitMs);
    }

    /** What an adapter is given: it must not load modules that hold state. */
    #host() {
        const {instance, logger} = this.#parts;
        return {
            instance,
            hostname: hostname(),
            logger,
            native,
            bindingPath: require.resolve('../native/binding.js'),
            wire: {decode, encode, deserializeError, serializeError},
            isOpen: () => this.#parts.lifecycle.state === 'open',
            begin: (given) => this.#begin(given),
            beginOneOff: (given) => this.oneOffs.begin(given),
            oneOffCancelled: ({name}) => this.oneOffs.cancelled(name),
            hostLost: (name, id, {slot}) => this.#hostLost(name, id, slot),
            problem: (error) => safely(logger, 'The logger', () => logger.error(error)),
            warn: (error) => safely(logger, 'The logger', () => logger.warn(error)),
            info: (line) => safely(logger, 'The logger', () => logger.info(line)),
            newRun: (facts, owner) => new Run({...facts, number: 0}, {emit: () => {}, ...owner}),
            endRun: (run, ending) => Run.ended(run, ending),
            runInfo,
            errorInfo,
            steered: (order, isKept) => this.#steered(order, isKept),
            pump: () => this.#parts.keepAlive.pump()
        };
    }

    /** A run of the queue is this host's. @throws {Error} with a code, if it cannot begin here */
    #begin({name, id, bytes, priority, attempts, timeout, grant}) {
        const {jobs, environment, runs} = this.#parts;
        const registered = jobs.get(name);
        if (registered?.handler) {
            environment.refreshIfOld();
        } else {
            environment.refresh();
        }
        const data = bytes === undefined ? {} : {data: decode(bytes)};
        this.#given.add(id);
        try {
            runs.request(name, {id, priority, attempts, timeout, ...data}, {grant});
        } catch (error) {
            this.#given.delete(id);
            throw error;
        }
    }

    /** The host that had a run of a job with `onHostLoss: 'fail'` is gone. */
    #hostLost(name, runId, slot) {
        const error = hostLostError(name, runId, slot);
        if (this.#errorHandler) {
            safely(this.#parts.logger, 'The errorHandler', () => this.#errorHandler(error, {name, runId}));
        } else {
            safely(this.#parts.logger, 'The logger', () => this.#parts.logger.error(error));
        }
        return error;
    }

    /** Another host has steered; `isKept` if that may have been long ago. */
    #steered({kind, name, options, id, reason}, isKept) {
        const {steering, jobs, runs} = this.#parts;
        const isKnown = name === undefined || jobs.get(name) !== undefined;
        if (isKnown) {
            this.#logOrder(lineOf(kind, name, options), isKept);
        }
        const act = {
            pause: () => isKnown && steering.pauseJob(name, options),
            resume: () => isKnown && steering.resumeJob(name, options),
            pauseAll: () => steering.pauseAll(options),
            resumeAll: () => steering.resumeAll(options),
            cancel: () => runs.isKnown(id) && steering.cancelRun(id, {reason})
        }[kind];
        safely(this.#parts.logger, 'An order of another host', () => act?.());
    }

    /** A host that has just started would seem to do nothing, without a reason. */
    #logOrder(line, isKept) {
        const {logger} = this.#parts;
        if (line !== undefined) {
            safely(logger, 'The logger', () => (isKept ? logger.warn(line) : logger.info(line)));
        }
    }
}

/** @returns {string | undefined} what to log of an order of another host */
function lineOf(kind, name, {note} = {}) {
    const why = note === undefined ? '' : ` (${note})`;
    switch (kind) {
        case 'pause':
            return `Job "${name}" is paused in the cluster${why}, until a host calls resumeJob("${name}")`;
        case 'pauseAll':
            return `All jobs are paused in the cluster${why}, until a host calls resumeAll()`;
        case 'resume':
            return `Job "${name}" is no longer paused in the cluster`;
        case 'resumeAll':
            return 'The pause of all jobs in the cluster has ended';
        default:
            return undefined;
    }
}

/** What what carries the cluster is notified of. */
function endOf({error, cause, isClosing, read}) {
    if (cause === 'leaseLost') {
        return {kind: 'lost'};
    }
    if (isClosing && (cause === 'cancelled' || cause === 'left')) {
        return {kind: 'back'};
    }
    return error === undefined
        ? {kind: 'completed', read}
        : {kind: 'failed', error, isCancelled: cause === 'cancelled'};
}

/** Reads the value of a run at once. */
function valueOf(error, read) {
    if (error !== undefined) {
        return read;
    }
    try {
        const value = read();
        return () => value;
    } catch (unreadable) {
        return () => {
            throw unreadable;
        };
    }
}

function hostLostError(name, runId, slot) {
    const when = slot === undefined ? '' : `, due at ${new Date(slot).toISOString()},`;
    return new JobError(
        'JOB_HOST_LOST',
        name,
        `The run${runId === undefined ? '' : ` ${runId}`} of job "${name}"${when} was lost: its host died or was cut off, and the job is not to be redone (onHostLoss: 'fail')`,
        {runId}
    );
}

/** The job of the run of a slot; empty for one that was asked for. */
const nameIn = (id) => (id.includes('@') ? id.slice(0, id.lastIndexOf('@')) : '');

module.exports = {Clustering};
