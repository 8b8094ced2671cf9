import {DashboardOptions} from './dashboard';
import {BackoffFunction, BackoffRule, StoreOptions} from '../index';

/** The base class that Ghost asks of an adapter for jobs. */
declare abstract class JobsBackendBase {
    readonly requiredFns: readonly ['start', 'enqueue', 'scheduleRecurring', 'shutdown'];
}

/** A jobs adapter for Ghost 6, for both shapes of its contract. See docs/ghost.md. */
declare class GhostJobs extends JobsBackendBase {
    /** Throws an IncorrectUsageError for an invalid configuration, as the constructor does. */
    static validate(config?: GhostJobs.Config): void;

    constructor(config?: GhostJobs.Config);

    /** Accepts work from now on. May be called again after a shutdown. Rejects with a StoreError when the store cannot be opened. */
    start(options: GhostJobs.StartOptions): Promise<void>;

    /**
     * Accepts a job. Resolves when it is accepted: with a store, when it is kept. Rejects with an IncorrectUsageError before
     * the first start, and does nothing after a shutdown.
     */
    enqueue(envelope: GhostJobs.Envelope, routing?: GhostJobs.Routing): Promise<void>;
    /** The newer shape: the same `id` is accepted once. */
    enqueue(id: string, dispatch: GhostJobs.Dispatch): Promise<void>;

    /** Delivers a job at each due time. The first schedule of a type counts, with a store also that of an earlier process. */
    scheduleRecurring(
        envelope: GhostJobs.Envelope,
        schedule: GhostJobs.Schedule,
        routing?: GhostJobs.Routing
    ): Promise<void>;
    scheduleRecurring(dispatch: GhostJobs.Dispatch, schedule: GhostJobs.Schedule): Promise<void>;

    /** Accepts no more and waits for deliveries, for `timeoutMs` at most (default 10,000). Logs what it did not wait for. */
    shutdown(options?: {timeoutMs?: number}): Promise<void>;
}

import Self = GhostJobs;

declare namespace GhostJobs {
    /** The class again, for `import {GhostJobs} from`. */
    export import GhostJobs = Self;

    /** `adapters.jobs.NAME` in Ghost's configuration. */
    interface Config {
        /** A file that keeps accepted jobs and schedules over restarts. Default: none, all is in memory. */
        store?: false | string | StoreOptions;
        /**
         * Modules that run in processes of their own, by job type: paths, relative to the working directory. The default export
         * is called with the payload, then Ghost's processor with the job.
         */
        isolated?: Record<string, string>;
        /** IANA name of the time zone of schedules. Default: the host's. */
        timezone?: string;
        /** Tries of a delivery in all. Default 1; with a store, a delivery whose process died is tried three times. */
        attempts?: number;
        /** The wait before another try, in ms or as a rule. Default: 10 s, doubled each time. */
        backoff?: number | readonly number[] | BackoffRule | BackoffFunction;
        /** Longest time of a delivery, in ms; then it has failed, and its place in the lane is free. Default: no limit. */
        timeout?: number;
        /** Deliveries that go at once in a lane whose queue declares nothing else. Default 3. */
        concurrency?: number;
        /** What a shutdown does with jobs that have not begun: `'finish'` (default) or `'drop'`. With a store they are kept. */
        waiting?: 'finish' | 'drop';
        /** Where the dashboard listens, and its options. Default: there is none. */
        dashboard?: false | (({port: number; host?: string} | {socket: string}) & DashboardOptions);
    }

    interface Envelope {
        type: string;
        /** JSON. */
        payload: string;
    }

    interface Routing {
        queue?: string;
    }

    interface Dispatch {
        version: 1;
        /** `{job: {type, payload}, routing?: {queue}}` */
        payload: {[key: string]: any};
    }

    interface Schedule {
        /** Six fields, seconds first, or five. */
        cron: string;
    }

    interface StartOptions {
        /** Called for each delivery, which has failed when it rejects. */
        processor: (envelope: Envelope) => Promise<void>;
        /** Lanes. Another queue gets a lane of `concurrency`. */
        queues?: Record<string, {concurrency?: number}>;
    }
}

export = GhostJobs;
