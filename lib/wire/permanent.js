'use strict';

/** An error after which trying again is of no use: the run fails at once, whatever `attempts` says. */
class PermanentJobError extends Error {
    constructor(message, options) {
        super(message, options);
        this.name = 'PermanentJobError';
        this.permanent = true;
    }
}

/** Names of errors that say that trying again is of no use: ours, and BullMQ's, so that handlers can be moved between the two. */
const PERMANENT_NAMES = new Set(['PermanentJobError', 'UnrecoverableError']);

/** Whether what was thrown says that trying again is of no use. Reads without trusting. */
function isPermanent(thrown) {
    try {
        return thrown?.permanent === true || PERMANENT_NAMES.has(thrown?.name);
    } catch {
        return false;
    }
}

module.exports = {PermanentJobError, isPermanent};
