/** An error after which trying again is of no use: the run fails at once, whatever `attempts` says. */
export declare class PermanentJobError extends Error {
    constructor(message?: string, options?: {cause?: unknown});
    readonly permanent: true;
}
