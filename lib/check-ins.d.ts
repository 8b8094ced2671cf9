/// <reference types="node" />

import JobManager = require('../index');

declare global {
    /** As in TypeScript's library `esnext.disposable`, for hosts without it. */
    interface SymbolConstructor {
        readonly dispose: unique symbol;
    }
}

/** What happens to a job, for a service. */
export interface CheckIn {
    /** Of a run that was `cancelled` the services of this package send nothing: it has neither completed nor failed. */
    kind: 'started' | 'completed' | 'failed' | 'cancelled' | 'paused' | 'resumed';
    /** The job. */
    name: string;
    /** The same as it is now, if it is registered. */
    job?: JobManager.JobInfo;
    /** The run that has begun or ended. */
    run?: JobManager.RunInfo;
    /** A UUID of its own for each run: the same at its start and its end. */
    rid?: string;
    /** The output that is kept of a run that has ended. */
    output?: () => string;
    /** Aborts when the time for this try is over. */
    signal: AbortSignal;
}

/** What checks in with a service. What it throws, or rejects with, is tried again, unless the error has `isFinal: true`. */
export interface CheckInService {
    /** For log lines. */
    readonly service?: string;
    checkIn(checkIn: CheckIn): Promise<void> | void;
}

export interface CheckInsOptions {
    /** By the names of jobs. */
    jobs: Readonly<Record<string, CheckInService | readonly CheckInService[]>>;
}

/** Ends the check-ins, when it is called or disposed of (`using`). */
export interface CheckIns {
    (): void;
    [Symbol.dispose](): void;
}

/**
 * Checks in with services when runs of these jobs begin and end, and when the jobs are paused and resumed: beside the run, at most
 * three times within ten seconds. Failed attempts that another one follows, and runs that are cancelled, check in nothing. See
 * docs/metrics.md.
 *
 * Throws an IncorrectUsageError for an invalid option.
 */
export declare function checkIns(jobManager: JobManager, options: CheckInsOptions): CheckIns;

export interface HealthchecksOptions {
    /** The ping URL of the check, of healthchecks.io or of a server of your own. */
    url: string | URL;
    /** Whether the end of the output goes with the end of a run, up to 100,000 bytes. Default true. */
    output?: boolean;
}

/** Throws an IncorrectUsageError for an invalid option. */
export declare function healthchecks(options: HealthchecksOptions): CheckInService;

export interface CronitorOptions {
    /** The key of the monitor. */
    key: string;
    /** The API key of the account. Default: the environment variable CRONITOR_API_KEY. */
    apiKey?: string;
    /** The environment, where a monitor has several. */
    env?: string;
    /** Default 'https://cronitor.link/p'. */
    url?: string | URL;
}

/** Throws an IncorrectUsageError for an invalid option. */
export declare function cronitor(options: CronitorOptions): CheckInService;

/** Settings of the monitor, in minutes and check-ins, as `captureCheckIn` takes them. */
export interface SentryOptions {
    /** The slug of the monitor. */
    slug: string;
    checkinMargin?: number;
    /** Default: the `timeout` of the job. */
    maxRuntime?: number;
    failureIssueThreshold?: number;
    recoveryThreshold?: number;
}

/** The part of an SDK of Sentry that is used. */
export interface SentrySdk {
    captureCheckIn(checkIn: any, monitorConfig?: any): string;
}

/** Throws an IncorrectUsageError for an invalid option. */
export declare function sentry(Sentry: SentrySdk, options: SentryOptions): CheckInService;
