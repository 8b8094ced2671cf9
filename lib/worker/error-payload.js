'use strict';

const {deserializeError, serializeError} = require('../wire/clone.js');
const {MAX_PAYLOAD_BYTES} = require('../wire/frames.js');

/** Characters kept of the texts of an error that is too large for a frame. */
const LONGEST_TEXT = 64 * 1024;
/** What a frame may carry ahead of the error: the number of a run, and flags. */
const LEAD_BYTES = 16;

/**
 * @param {unknown} thrown
 * @returns {Buffer} its envelope, as one frame can carry it
 */
function errorPayload(thrown) {
    const payload = serializeError(thrown);
    if (payload.length <= MAX_PAYLOAD_BYTES - LEAD_BYTES) {
        return payload;
    }
    // As data, without what the job's own getters would do.
    const {message, stack} = Object(deserializeError(payload));
    const summary = new Error(String(message ?? 'an error too large to be sent').slice(0, LONGEST_TEXT));
    summary.stack = String(stack ?? summary.stack).slice(0, LONGEST_TEXT);
    return serializeError(summary);
}

module.exports = {errorPayload};
