import JobManager = require('..');

/** `@tryghost/job-manager/control`: lets the command line `job-manager` see and steer the jobs of this process. */

/** What may be done through the socket. Looking is always possible. */
export type ActionName = 'run' | 'pause' | 'resume' | 'cancel' | 'retry';

export interface ListenOptions {
    /**
     * The path of the socket, in a folder that only its owner (or root) can write; a missing one is made. Default:
     * `$XDG_RUNTIME_DIR/job-manager/NAME-PID.sock`, or in a private folder of that kind below the folder of temporary files,
     * where the command line finds it by itself.
     */
    socket?: string;
    /** NAME in that path. Default: the name of the program's script, or of its folder. */
    name?: string;
    /** Default true: whoever can open the socket is the user of this process, or root. */
    actions?: boolean | ActionName[];
}

/** A control socket that listens. */
export interface Control {
    /** Its path; on Windows the name of its pipe. */
    readonly path: string;
    /** Stops listening, and deletes the socket. `shutdown()` of the manager does so too. */
    close(): Promise<void>;
}

/** The control socket cannot be used as it was asked for. */
export interface ControlError extends Error {
    code:
        | 'CONTROL_FOLDER_UNSAFE'
        | 'CONTROL_PATH_TOO_LONG'
        | 'CONTROL_PATH_TAKEN'
        | 'CONTROL_SOCKET_IN_USE'
        | 'CONTROL_FAILED';
    /** What to do. */
    help?: string;
}

/**
 * Serves the HTTP API on a Unix socket that only the user of this process can open (on Windows: a named pipe). It does
 * not keep the process alive, and is closed when the job manager is shut down.
 *
 * Rejects with a ControlError, and with an IncorrectUsageError for an invalid option.
 */
export declare function listen(jobManager: JobManager, options?: ListenOptions): Promise<Control>;
