/** A run, as a script sees it. Outside of a job manager (`node file.js`) `log` prints, and the rest does nothing. */
export interface RunContext {
    readonly id: string;
    /** The job. */
    readonly name: string;
    /** 1 is the first. */
    readonly attempt: number;
    /** Tries in all. */
    readonly attempts: number;
    /** The due time that the run answers. */
    readonly due?: Date;
    readonly trigger: 'now' | 'schedule' | 'date' | 'manual' | 'retry' | 'missed';
    /** Aborted when the run is to stop. */
    readonly signal: AbortSignal;
    /** From 0 to 1, or a part of a whole. At most ten a second are sent, the last always is. Throws a RangeError for another value. */
    progress(value: number | {done: number; total: number}, note?: string): void;
    /** Proof of life. */
    heartbeat(): void;
    /** A line in the log of the run. */
    log(message: string, fields?: object, level?: 'debug' | 'info' | 'warn' | 'error'): void;
    /** What the run answers: anything that structured clone accepts. The last call counts; the run goes on. */
    result(value: unknown): void;
}

/** The run that this process is in. */
export declare const run: RunContext;

/** An error after which trying again is of no use: the run fails at once, whatever `attempts` says. */
export declare class PermanentJobError extends Error {
    constructor(message?: string, options?: {cause?: unknown});
    readonly permanent: true;
}
