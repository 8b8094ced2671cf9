'use strict';

/** The control socket cannot be used as it was asked for. */
class ControlError extends Error {
    /**
     * @param {string} code - CONTROL_FOLDER_UNSAFE, CONTROL_PATH_TOO_LONG, CONTROL_PATH_TAKEN, CONTROL_SOCKET_IN_USE or
     *   CONTROL_FAILED
     * @param {string} message
     * @param {{help?: string, cause?: unknown}} [more]
     */
    constructor(code, message, {help, cause} = {}) {
        super(message, cause === undefined ? undefined : {cause});
        this.name = 'ControlError';
        this.code = code;
        this.help = help;
    }
}

module.exports = {ControlError};
