/// <reference types="node" />

/**
 * What a job reports with. In a process of this package it is the run; anywhere else (plain `node file.js`, a thread, the
 * old package) every call is harmless: `log` prints, the rest does nothing.
 */
export declare const run: RunContext;

/** An error after which trying again is of no use: the run fails at once, whatever `attempts` says. */
export declare class PermanentJobError extends Error {
    constructor(message?: string, options?: {cause?: unknown});
    readonly permanent: true;
}

/** Why a run exists. */
export type Trigger =
    | 'now'
    | 'schedule'
    | 'date'
    | 'manual'
    | 'retry'
    | 'missed'
    /** Its host died in the middle of its last attempt: see docs/store.md. */
    | 'recovered';

export interface RunContext {
    /** Of the run: the same in each attempt. */
    readonly id: string;
    /** Of the job. */
    readonly name: string;
    /** 1 is the first. */
    readonly attempt: number;
    /** Tries in all. */
    readonly attempts: number;
    /** The due time that the run answers. */
    readonly due?: Date;
    readonly trigger: Trigger;
    /**
     * In a cluster: a number that grows with each host that is given this run. Compare it in the job's own writes, so that a host
     * that was frozen in the middle of the run cannot overwrite what another one has done since: see docs/cluster.md.
     */
    readonly fence?: number;
    /** Aborted when the run is to stop: cancelled, over its time limit, or at shutdown. */
    readonly signal: AbortSignal;
    /**
     * How far the run has come: 0 to 1, or a part of a whole. At most ten a second are sent, and the last always is.
     * Throws a RangeError for more than there is.
     */
    progress(value: number | {done: number; total: number}, note?: string): void;
    /** Proof of life, for a job with `stallAfter`. */
    heartbeat(): void;
    /** A line for the log of the run: at most 8 KiB, with fields of at most 4 KiB of JSON; longer ones are cut. */
    log(message: string, fields?: object, level?: 'debug' | 'info' | 'warn' | 'error'): void;
    /** What the run answers: a structured clone. The last call counts. Does not end the run. */
    result(value: unknown): void;
}
