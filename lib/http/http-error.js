'use strict';

/** Errors as the HTTP API answers them: `{"error": {"code", "message", "help"}}` and a status. */

/** A request that is answered with an error. */
class HttpError extends Error {
    /**
     * @param {number} status
     * @param {string} code - stable, for programs
     * @param {string} message - what was wrong
     * @param {{help?: string, headers?: Record<string, string>, cause?: unknown}} [more] - what to do, further headers of the
     *   answer, and what is logged
     */
    constructor(status, code, message, {help, headers, cause} = {}) {
        super(message, {cause});
        this.name = 'HttpError';
        this.status = status;
        this.code = code;
        this.help = help;
        this.headers = headers;
    }
}

/** Statuses of the errors of a job manager, by their codes. */
const STATUSES = new Map([
    ['INVALID_OPTION', 400],
    ['JOB_UNKNOWN', 404],
    ['RUN_UNKNOWN', 404],
    ['JOB_ALREADY_RUNNING', 409],
    ['JOB_ALREADY_EXECUTED', 409],
    ['RUN_ENDED', 409],
    ['RUN_NOT_FAILED', 409],
    ['RUN_NOT_STOPPABLE', 409],
    ['RUN_DATA_GONE', 410],
    ['QUEUE_FULL', 429],
    ['CLUSTER_UNREACHABLE', 503],
    ['MANAGER_SHUTTING_DOWN', 503],
    ['MANAGER_SHUT_DOWN', 503]
]);

const RETRY_LATER = {'retry-after': '5'};

/** @param {unknown} cause - an error that a client cannot have caused, and is not told of; it is logged */
const internalError = (cause) =>
    new HttpError(500, 'INTERNAL_ERROR', 'The request could not be answered', {
        help: "The host's log says why",
        cause
    });

/**
 * @param {unknown} error - that the job manager, or something of this package, has thrown
 * @returns {HttpError}
 */
function asHttpError(error) {
    if (error instanceof HttpError) {
        return error;
    }
    const code = typeof error?.code === 'string' ? error.code : '';
    const status = code.startsWith('STORE_') ? 503 : STATUSES.get(code);
    if (status === undefined) {
        return internalError(error);
    }
    const headers = status === 429 || status === 503 ? RETRY_LATER : undefined;
    return new HttpError(status, code, String(error.message), {help: textOrNothing(error.help), headers});
}

const textOrNothing = (value) => (typeof value === 'string' ? value : undefined);

/** @returns {object} what a client is told of an error */
const errorBody = ({code, message, help}) => ({error: {code, message, help}});

module.exports = {HttpError, asHttpError, errorBody, internalError};
