'use strict';

/** What a run reports to the host, as frames: each begins with the number of the run. */

const {HEADER_BYTES, MAX_PAYLOAD_BYTES, ToHost} = require('../wire/frames.js');
const {encode} = require('../wire/compact.js');
const {isPermanent} = require('../wire/permanent.js');
const {errorPayload} = require('./error-payload.js');

/** Bytes of a run's number. */
const RUN_BYTES = 4;
/** Bytes ahead of what a frame carries. */
const LEAD_BYTES = HEADER_BYTES + RUN_BYTES;
const NOTHING = Buffer.alloc(0);
/** In THREW: trying again is of no use. */
const PERMANENT = 1;

function writeRun(bytes, offset, run) {
    bytes[offset] = run;
    bytes[offset + 1] = run >>> 8;
    bytes[offset + 2] = run >>> 16;
    bytes[offset + 3] = run >>> 24;
}

class RunReports {
    #channel;

    /** @param {import('./channel.js').Channel} channel to the host */
    constructor(channel) {
        this.#channel = channel;
    }

    /** The run has completed, with this value. @throws {Error} when the value cannot be sent; the run has not ended then */
    returned(run, value) {
        this.#sendBytes(ToHost.RETURNED, run, encode(value, LEAD_BYTES));
    }

    /** The run has failed. */
    threw(run, thrown) {
        const envelope = errorPayload(thrown);
        const frame = Buffer.allocUnsafe(LEAD_BYTES + 1 + envelope.length);
        writeRun(frame, HEADER_BYTES, run);
        frame[LEAD_BYTES] = isPermanent(thrown) ? PERMANENT : 0;
        frame.set(envelope, LEAD_BYTES + 1);
        this.#channel.sendInPlace(ToHost.THREW, frame);
    }

    /** A run that was sent ahead has not begun, and will not. */
    notBegun(run) {
        this.#send(ToHost.NOT_BEGUN, run, NOTHING);
    }

    /** The process begins no further run; `going` is the one that goes, or 0. */
    worn(going) {
        this.#send(ToHost.WORN, going, NOTHING);
    }

    /** Where the reports of a run's context go. */
    sinkOf(run) {
        return {
            progress: (report) => this.#sendJson(ToHost.PROGRESS, run, report),
            log: (line) => this.#sendJson(ToHost.LOG, run, line),
            alive: () => this.#send(ToHost.ALIVE, run, NOTHING),
            result: (value) => this.#sendBytes(ToHost.RESULT, run, encode(value, LEAD_BYTES))
        };
    }

    #sendBytes(kind, run, frame) {
        if (frame.length - HEADER_BYTES > MAX_PAYLOAD_BYTES) {
            throw Object.assign(
                new RangeError(
                    `a result of ${frame.length - LEAD_BYTES} bytes is larger than the limit of ${MAX_PAYLOAD_BYTES} bytes`
                ),
                {code: 'ERR_MESSAGE_TOO_LARGE'}
            );
        }
        writeRun(frame, HEADER_BYTES, run);
        this.#channel.sendInPlace(kind, frame);
    }

    #sendJson(kind, run, value) {
        this.#send(kind, run, Buffer.from(JSON.stringify(value)));
    }

    #send(kind, run, payload) {
        const frame = Buffer.allocUnsafe(LEAD_BYTES + payload.length);
        writeRun(frame, HEADER_BYTES, run);
        frame.set(payload, LEAD_BYTES);
        this.#channel.sendInPlace(kind, frame);
    }
}

module.exports = {RunReports};
