'use strict';

/**
 * Creates errors: with the classes of `@tryghost/errors` if the host has that package, else with built-in classes of the
 * same names and properties. Also defines the errors of runs that did not complete and of a failed shutdown.
 */

const {fromCaller} = require('./from-caller');
const {peer} = require('./peers');

class GhostError extends Error {
    constructor(defaults, {err, ...options} = {}) {
        const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
        const {message, ...properties} = {...defaults, ...given};
        super(message, err === undefined ? undefined : {cause: err});
        // Loading it takes 2 ms, which most hosts never need.
        const id = require('node:crypto').randomUUID();
        Object.assign(this, {statusCode: 500, level: 'normal', id, code: null}, properties);
        this.name = this.errorType;
        if (err instanceof Error && err.stack) {
            // As in the class of @tryghost/errors: the relevant stack trace is that of the cause.
            const [first, ...frames] = err.stack.split('\n');
            this.stack = [first, this.stack.split('\n')[1], ...frames].join('\n');
        }
    }
}

// Defaults as documented by @tryghost/errors 3.
const builtIn = {
    IncorrectUsageError: class IncorrectUsageError extends GhostError {
        constructor(options) {
            super(
                {
                    errorType: 'IncorrectUsageError',
                    statusCode: 400,
                    level: 'critical',
                    message: 'We detected a misuse. Please read the stack trace.'
                },
                options
            );
        }
    },
    UnhandledJobError: class UnhandledJobError extends GhostError {
        constructor(options) {
            super(
                {
                    errorType: 'UnhandledJobError',
                    level: 'critical',
                    message: 'Processed job threw an unhandled error'
                },
                options
            );
        }
    }
};

function create(name, options) {
    const Class = peer('@tryghost/errors')?.[name] ?? builtIn[name];
    return fromCaller(() => new Class(options));
}

/** The caller passed something invalid: the error says what was wrong and what to do. */
const incorrectUsage = (options) => create('IncorrectUsageError', options);

/** An inline job threw. */
const unhandledJob = (options) => create('UnhandledJobError', options);

/**
 * Not everything had ended when the timeout of `shutdown` expired. Named as in `p-wait-for`, which the old package uses.
 *
 * @property {number} dropped - number of inline jobs that never began
 */
class TimeoutError extends Error {
    constructor(message, dropped) {
        super(message);
        this.name = 'TimeoutError';
        this.code = 'SHUTDOWN_TIMEOUT';
        this.dropped = dropped;
    }
}

/** Worker processes could not be killed, usually because the host has changed its user (setuid) since it started them. */
class NotStoppedError extends Error {
    /** @param {{pid: number, message: string}[]} survivors - the processes, each with the system's error message */
    constructor(survivors) {
        super(
            `${survivors.map(({message}) => message).join('; ')}. ` +
                'The host process no longer has permission to signal workers that it started as another user ' +
                '(setuid): kill them by hand, or let them end when the host exits'
        );
        this.name = 'NotStoppedError';
        this.code = 'WORKER_NOT_STOPPED';
        this.pids = survivors.map(({pid}) => pid);
    }
}

/**
 * @param {{survivors: {pid: number, message: string}[]}} outcome - of a request to stop
 * @throws {NotStoppedError} when processes could not be ended
 */
function checkStopped({survivors}) {
    if (survivors.length > 0) {
        throw new NotStoppedError(survivors);
    }
}

/**
 * A run of a job did not complete, or a job was not run.
 *
 * @property {string} code - JOB_EXIT_CODE, JOB_SIGNAL, JOB_TIMEOUT, JOB_MEMORY_LIMIT, JOB_CANCELLED,
 *   JOB_TERMINATED, JOB_FAILED_TO_START, JOB_CHANNEL_BROKEN, JOB_SKIPPED, JOB_REMOVED, JOB_NOT_STOPPED,
 *   JOB_NOT_RUN, HOST_DIED, JOB_LEFT_IN_STORE, JOB_LEASE_LOST or JOB_HOST_LOST
 * @property {string} jobName
 */
class JobError extends Error {
    constructor(code, jobName, message, properties) {
        super(message);
        this.name = 'JobError';
        this.code = code;
        this.jobName = jobName;
        Object.assign(this, properties);
    }
}

/**
 * The store of a manager cannot be opened, or cannot keep a run.
 *
 * @property {string} code - STORE_IN_USE, STORE_LOCKED, STORE_READ_ONLY, STORE_FOLDER_MISSING, STORE_NOT_A_FILE,
 *   STORE_NOT_A_STORE, STORE_CORRUPT, STORE_NEWER, STORE_NO_COPY, STORE_FULL, STORE_NETWORK, STORE_GONE, STORE_REJECTED,
 *   STORE_FAILED or STORE_CLOSED
 */
class StoreError extends Error {
    constructor({code, message}) {
        super(message);
        this.name = 'StoreError';
        this.code = code;
    }
}

/** The codes of runs that failed for another reason than an exception, by the cause that the native side names. */
const CODES = {
    exit: 'JOB_EXIT_CODE',
    exited: 'JOB_EXIT_CODE',
    signal: 'JOB_SIGNAL',
    timeout: 'JOB_TIMEOUT',
    stalled: 'JOB_STALLED',
    memory: 'JOB_MEMORY_LIMIT',
    start: 'JOB_FAILED_TO_START',
    cancelled: 'JOB_CANCELLED',
    notStopped: 'JOB_NOT_STOPPED',
    terminated: 'JOB_TERMINATED',
    HOST_DIED: 'HOST_DIED',
    orphaned: 'JOB_UNKNOWN',
    leaseLost: 'JOB_LEASE_LOST'
};

/** @returns {string} the code of a run that ended so */
const errorCodeOf = (cause) => CODES[cause] ?? 'JOB_CHANNEL_BROKEN';

/** A signal from outside the host is to a job that listens for messages what 'cancel' is. */
function cancelledBy(name, worker, signal) {
    return new JobError('JOB_CANCELLED', name, `${worker} was cancelled by ${signal} from outside the host`, {
        signal
    });
}

/**
 * The error of a run that failed for another reason than an exception thrown by the job.
 *
 * @param {string} name - the job
 * @param {import('../native/binding').RunEnd} end
 * @returns {JobError}
 */
function runError(name, end) {
    const worker = `Worker for job "${name}"`;
    switch (end.cause) {
        case 'exit':
            return new JobError('JOB_EXIT_CODE', name, `${worker} exited with code ${end.exitCode}`, {
                exitCode: end.exitCode
            });
        case 'exited':
            return new JobError(
                'JOB_EXIT_CODE',
                name,
                `The process of job "${name}" exited with code ${end.exitCode} before its handler had returned`,
                {exitCode: end.exitCode}
            );
        case 'signal': {
            const signal = signalName(end.signal);
            return new JobError('JOB_SIGNAL', name, `${worker} was terminated by signal ${signal}`, {signal});
        }
        case 'timeout':
            return new JobError(
                'JOB_TIMEOUT',
                name,
                `${worker} was stopped: it exceeded its timeout of ${end.limit} ms`,
                {
                    timeoutMs: end.limit
                }
            );
        case 'stalled':
            return new JobError(
                'JOB_STALLED',
                name,
                `${worker} was stopped: it gave no sign of life for ${end.limit} ms`,
                {stallAfterMs: end.limit}
            );
        case 'memory':
            return new JobError(
                'JOB_MEMORY_LIMIT',
                name,
                `${worker} was stopped: it used ${megabytes(end.used)} MB of memory and its limit is ${megabytes(end.limit)} MB`,
                {memoryBytes: end.used, memoryLimitBytes: end.limit}
            );
        case 'start':
            return new JobError('JOB_FAILED_TO_START', name, `${worker} failed to start: ${end.message}`, {
                reason: end.code
            });
        case 'cancelled':
            return end.signal === undefined
                ? new JobError('JOB_CANCELLED', name, `${worker} was cancelled`)
                : cancelledBy(name, worker, signalName(end.signal));
        case 'hostDied':
            return new JobError(
                'HOST_DIED',
                name,
                `The host died while a run of job "${name}" was under way, and the run has no attempt left`
            );
        case 'left':
            return new JobError(
                'JOB_LEFT_IN_STORE',
                name,
                `The run of job "${name}" was not done when the manager was shut down: it stays in the store, and goes on ` +
                    'when a manager is started with it'
            );
        case 'leaseLost':
            return new JobError(
                'JOB_LEASE_LOST',
                name,
                `${worker} was stopped: this host was cut off from the cluster for as long as the lease of the run lasts, so ` +
                    'another host may run it'
            );
        case 'notStopped':
            return new JobError('JOB_NOT_STOPPED', name, `${worker} could not be stopped: ${end.message}`);
        case 'terminated':
            return new JobError('JOB_TERMINATED', name, `${worker} exited with code 1`, {exitCode: 1});
        default:
            return new JobError(
                'JOB_CHANNEL_BROKEN',
                name,
                `${worker} was stopped because its channel to the host broke: ${end.message}`
            );
    }
}

/** The job's only due time had passed before it could run. */
const jobSkipped = (name) =>
    new JobError('JOB_SKIPPED', name, `Job "${name}" was not run because its due time was in the past`);

/** The job was removed while no run of it was under way. */
const jobRemoved = (name) => new JobError('JOB_REMOVED', name, `Job "${name}" was removed before it was run`);

/** The manager has been shut down. */
const neverCompletes = (name) => {
    const message = `No run of job "${name}" completes any more: its job manager has been shut down`;
    return new JobError('MANAGER_SHUT_DOWN', name, message);
};

function signalName(number) {
    const {signals} = require('node:os').constants;
    return Object.entries(signals).find(([, value]) => value === number)?.[0] ?? String(number);
}

const megabytes = (bytes) => Math.round(bytes / 1024 / 1024);

/** Why this host does not begin a run that another one may. */
const FOR_OTHER_HOSTS = new Set([
    'JOB_UNKNOWN',
    'QUEUE_FULL',
    'JOB_ALREADY_RUNNING',
    'LEASE_OVER',
    'MANAGER_SHUTTING_DOWN',
    'MANAGER_SHUT_DOWN'
]);

/** @returns {boolean} whether a run of a cluster that could not begin for this reason may begin on another host */
const isForOtherHosts = ({code}) => FOR_OTHER_HOSTS.has(code);

module.exports = {
    isForOtherHosts,
    incorrectUsage,
    unhandledJob,
    checkStopped,
    TimeoutError,
    JobError,
    StoreError,
    errorCodeOf,
    jobRemoved,
    jobSkipped,
    neverCompletes,
    runError
};
