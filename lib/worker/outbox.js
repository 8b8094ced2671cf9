'use strict';

const {serializeShortText} = require('../wire/short-text.js');
const {HEADER_BYTES, MAX_PAYLOAD_BYTES, ToHost} = require('../wire/frames.js');

/** The messages a job says it has finished with, or has stopped on request with. */
const KIND_BY_MESSAGE = new Map([
    ['done', ToHost.DONE],
    ['cancelled', ToHost.CANCELLED]
]);

/** What the job sends to the host. */
class Outbox {
    #channel;
    #onFinished;

    /**
     * @param {import('./channel.js').Channel} channel to the host
     * @param {(kind: number) => void} onFinished called when the job has sent DONE or CANCELLED
     */
    constructor(channel, onFinished) {
        this.#channel = channel;
        this.#onFinished = onFinished;
    }

    /**
     * Sends what the job posts; it has left the process when this returns.
     *
     * @param {unknown} value what to send
     * @param {() => void} release called once the value is copied and before it is sent
     * @throws {DOMException} DataCloneError for what cannot be cloned or cannot leave this process
     * @throws {RangeError} ERR_MESSAGE_TOO_LARGE; the job may go on
     */
    post(value, release) {
        const frame =
            serializeShortText(value, HEADER_BYTES) ??
            require('./later.js').clone.serialize(value, HEADER_BYTES);
        if (frame.length - HEADER_BYTES > MAX_PAYLOAD_BYTES) {
            throw Object.assign(
                new RangeError(
                    `message of ${frame.length - HEADER_BYTES} bytes is larger than the limit of ${MAX_PAYLOAD_BYTES} bytes`
                ),
                {code: 'ERR_MESSAGE_TOO_LARGE'}
            );
        }
        release();
        const lastWord = KIND_BY_MESSAGE.get(value);
        this.#channel.sendInPlace(lastWord ?? ToHost.MESSAGE, frame);
        if (lastWord !== undefined) {
            this.#onFinished(lastWord);
        }
    }
}

module.exports = {Outbox};
