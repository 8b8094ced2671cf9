'use strict';

/**
 * A run as the host sees it: what a Worker of `node:worker_threads` offers.
 *
 * Events: 'online' (), 'message' (value), 'error' (error), 'exit' (exit code).
 */

const {EventEmitter} = require('node:events');
const {serialize} = require('../wire/clone');
const {locateUncloneable} = require('../wire/uncloneable');

/** Loading streams takes 0.9 ms, and few jobs have their output captured. */
const outputStream = () => new (require('node:stream').PassThrough)();

/** The exit code of a Worker that was terminated. */
const TERMINATED_EXIT_CODE = 1;
/** Half of the output that the native side reads ahead of the stream's consumer. */
const UNREAD_WARNING_BYTES = 512 * 1024;

class WorkerView extends EventEmitter {
    #native;
    #run;
    #exited;

    /**
     * @param {import('../native/binding').NativeManager} native
     * @param {number} run
     * @param {{name: string, scope?: import('../host/job-scope').JobScope, thread: number, attempt?: number}} job
     * @param {{resourceLimits?: object, stdout?: boolean, stderr?: boolean}} [options]
     */
    constructor(native, run, {name, scope, thread, attempt = 1}, options = {}) {
        super();
        this.#native = native;
        this.#run = run;
        /** The same value as in the job. */
        this.isMainThread = false;
        /** `threadId` in the job: the number of the run in its first attempt. */
        this.threadId = thread;
        /** The process, once the run is online. */
        this.pid = undefined;
        this.resourceLimits = options.resourceLimits ?? {};
        /** Readable streams of the job's output if the options `stdout` and `stderr` are set, else null. */
        this.stdout = options.stdout ? outputStream() : null;
        this.stderr = options.stderr ? outputStream() : null;
        Object.defineProperties(this, {
            jobName: {value: name},
            scope: {value: scope},
            attempt: {value: attempt},
            /** Whether the job has acknowledged 'cancel' by posting 'cancelled'. */
            hasAcknowledged: {value: false, writable: true},
            /** Whether it has posted anything. */
            hasPosted: {value: false, writable: true},
            /** Set when its main module exports a function: whether it had begun nothing else when it was loaded. */
            exported: {value: undefined, writable: true}
        });
    }

    /** The value of `worker` that is passed to handlers of the host. */
    get meta() {
        const {isMainThread, resourceLimits, threadId, pid} = this;
        return {isMainThread, resourceLimits, threadId, pid};
    }

    /**
     * Sends a value to the job's `parentPort`; nothing happens once the run has ended.
     *
     * @throws {DOMException} DataCloneError, when it cannot be cloned
     */
    postMessage(value) {
        const bytes = serializeMessage(this.jobName, value);
        if (this.#exited === undefined) {
            ignoreEnded(() => this.#native.postMessage(this.#run, bytes));
        }
    }

    /**
     * Ends the run's processes at once.
     *
     * @returns {Promise<number>} the exit code
     */
    terminate() {
        if (this.#exited !== undefined) {
            return Promise.resolve(this.#exited);
        }
        const exited = new Promise((resolve) => this.once('exit', resolve));
        ignoreEnded(() => this.#native.terminate(this.#run));
        return exited;
    }

    /**
     * Writes output of the job to its stream. The native side reads at most 1 MiB that the stream's consumer has not
     * read; beyond that the job's own `write` blocks.
     *
     * @returns {boolean} false if that happens soon, or has happened, because nothing reads the stream
     */
    printed(isStderr, bytes) {
        const stream = isStderr ? this.stderr : this.stdout;
        stream.write(bytes, () => this.#native.outputRead(this.#run, isStderr, bytes.length));
        return stream.readableFlowing !== null || stream.writableLength < UNREAD_WARNING_BYTES;
    }

    /** `ref` and `unref` exist because a Worker has them. They do nothing: a run keeps the host alive until it ends. */
    ref() {
        return this;
    }

    unref() {
        return this;
    }

    /** The run has ended. */
    ended(end) {
        this.#exited = end.cause === 'exit' ? end.exitCode : end.cause === 'done' ? 0 : TERMINATED_EXIT_CODE;
        this.stdout?.end();
        this.stderr?.end();
        return this.#exited;
    }
}

function serializeMessage(jobName, message) {
    try {
        return serialize(message);
    } catch (error) {
        throw locateUncloneable(error, `A message to job "${jobName}"`, {message});
    }
}

/** A run may end at any moment, so a request for one that has ended is ignored. */
function ignoreEnded(request) {
    try {
        request();
    } catch (error) {
        if (error.code !== 'RUN_UNKNOWN') {
            throw error;
        }
    }
}

module.exports = {WorkerView};
