'use strict';

const {ToHost, ToWorker} = require('../wire/frames.js');
const {Outbox} = require('./outbox.js');
const {createParentPort} = require('./parent-port.js');

/** The message for stopping a job. */
const CANCEL = 'cancel';
/** What concerns the runs of a handler. */
const RUN_FRAMES = new Set([ToWorker.RUN, ToWorker.ABORT, ToWorker.RECALL]);

/** What host and job say to each other once the job has begun. */
class Conversation {
    #channel;
    #endings;
    #port;
    #inbox;
    #signals;
    /** Whether 'cancel' has been given to the job: 'cancelled' ends the process only as the answer to it. */
    #isCancelRequested = false;

    /**
     * @param {import('./channel.js').Channel} channel to the host
     * @param {object} endings what to do
     * @param {() => void} endings.onCancel when the host has asked the job to stop
     * @param {() => void} endings.onFinished when the job has posted 'done' or 'cancelled'
     * @param {(kind: number, payload: Buffer) => void} endings.onRunFrame with what concerns the runs of a handler
     * @param {() => void} endings.onGone when the host has closed its end
     * @param {(error: Error) => void} endings.onNonsense when the host cannot be understood any more
     */
    constructor(channel, endings) {
        this.#channel = channel;
        this.#endings = endings;
    }

    /** The job's end. */
    get parentPort() {
        return this.#openPort().parentPort;
    }

    #openPort() {
        if (this.#port === undefined) {
            const outbox = new Outbox(this.#channel, (kind) => {
                if (kind === ToHost.DONE || this.#isCancelRequested) {
                    this.#endings.onFinished();
                }
            });
            this.#port = createParentPort(
                (value, release) => outbox.post(value, release),
                () => this.#watchSignals()
            );
        }
        return this.#port;
    }

    #openInbox() {
        if (this.#inbox === undefined) {
            const {Inbox} = require('./later.js').inbox;
            const {onGone, onNonsense} = this.#endings;
            const onFrame = (kind, payload) => this.#receive(kind, payload);
            this.#inbox = new Inbox({onFrame, onGone, onNonsense});
        }
        return this.#inbox;
    }

    #receive(kind, payload) {
        if (RUN_FRAMES.has(kind)) {
            this.#endings.onRunFrame(kind, payload);
            return;
        }
        if (kind === ToWorker.TAKE_SIGNAL) {
            this.#signals?.take();
            return;
        }
        if (kind !== ToWorker.MESSAGE) {
            throw new RangeError(`unexpected frame of kind ${kind}`);
        }
        const value = require('./later.js').clone.deserialize(payload);
        if (value === CANCEL) {
            this.#isCancelRequested = true;
            this.#endings.onCancel();
        }
        this.#openPort().deliver(value);
    }

    /** From when the job first listens for messages: that is how it is asked to stop. */
    #watchSignals() {
        if (this.#signals === undefined) {
            const {OutsideSignals} = require('./later.js').outsideSignals;
            const {parentPort} = this.#port;
            this.#signals = new OutsideSignals(this.#channel, () => parentPort.listenerCount('message') > 0);
            this.#signals.watch();
        }
    }

    /** Makes ahead of time what will be asked for. */
    prepare() {
        this.#openPort();
        this.#openInbox();
    }

    /** As Inbox.open(). */
    listen() {
        this.#openInbox().open();
    }

    /** As Inbox.open(), and keeps the event loop alive: a process that is kept for a handler waits for its next run. */
    listenForRuns() {
        this.#openInbox().open();
        this.#openInbox().ref();
    }

    /** As Inbox.poll(). */
    poll() {
        this.#openInbox().poll();
    }
}

module.exports = {Conversation};
