'use strict';

/**
 * What a run is given to report with: the second argument of a handler. The
 * same in a worker process and on the host's event loop; where reports go is the `sink`.
 */

const {cut} = require('./cut.js');

/** Progress is passed on this often at most; the last value always is. */
const PROGRESS_PERIOD_MS = 100;
const LONGEST_MESSAGE = 8 * 1024;
const LONGEST_FIELDS = 4 * 1024;
const LONGEST_NOTE = 200;
const LEVELS = new Set(['debug', 'info', 'warn', 'error']);

// Taken now: a job may install fake timers.
const {setTimeout, clearTimeout} = globalThis;
const nowMs = performance.now.bind(performance);

/**
 * @typedef {object} RunFacts
 * @property {string} id
 * @property {string} name - the job
 * @property {number} attempt - 1 is the first
 * @property {number} attempts - tries in all
 * @property {string} trigger - why the run exists: 'now', 'schedule', 'date', 'manual', 'retry', 'missed'
 * @property {number} [dueMs] - its due time
 * @property {number} [fence] - in a cluster: the number of the grant
 *
 * @typedef {object} Sink
 * @property {(report: {value: number, note?: string}) => void} progress
 * @property {(line: {atMs: number, level: string, message: string, fields?: object}) => void} log
 * @property {() => void} alive
 * @property {(value: unknown) => void} result
 */

class RunContext {
    #sink;
    #abort;
    #abortReason;
    #pending;
    #timer;
    #sentMs = -Infinity;

    /**
     * @param {RunFacts} facts
     * @param {Sink} sink
     */
    constructor({id, name, attempt, attempts, trigger, dueMs, fence}, sink) {
        this.#sink = sink;
        this.id = id;
        this.name = name;
        this.attempt = attempt;
        this.attempts = attempts;
        this.trigger = trigger;
        this.due = typeof dueMs === 'number' ? new Date(dueMs) : undefined;
        /** In a cluster: grows with each host that is given this run. */
        this.fence = fence ?? undefined;
    }

    /** Aborted when the run is to stop: cancelled, over its time limit, or at shutdown. */
    get signal() {
        // Made when something asks for it: most handlers do not, and it costs as much as the rest of a short run.
        if (this.#abort === undefined) {
            this.#abort = new AbortController();
            if (this.#abortReason !== undefined) {
                this.#abort.abort(this.#abortReason);
            }
        }
        return this.#abort.signal;
    }

    /**
     * Reports how far the run has come.
     *
     * @param {number | {done: number, total: number}} value - from 0 to 1, or a part of a whole
     * @param {string} [note] - a few words
     * @throws {RangeError} for a value outside of 0 to 1, or more done than there is
     */
    progress(value, note) {
        const fraction = fractionOf(value);
        this.#pending =
            note === undefined ? {value: fraction} : {value: fraction, note: cut(String(note), LONGEST_NOTE)};
        const waitMs = this.#sentMs + PROGRESS_PERIOD_MS - nowMs();
        if (waitMs <= 0) {
            this.flush();
        } else if (this.#timer === undefined) {
            this.#timer = setTimeout(() => this.flush(), waitMs);
            this.#timer.unref?.();
        }
    }

    /** Proof of life, for a job with `stallAfter`. */
    heartbeat() {
        this.#sink.alive();
    }

    /**
     * Writes a line to the log of the run.
     *
     * @param {string} message - at most 8 KiB of it are kept
     * @param {object} [fields] - at most 4 KiB as JSON
     * @param {'debug' | 'info' | 'warn' | 'error'} [level] - default 'info'
     */
    log(message, fields, level = 'info') {
        this.#sink.log({
            atMs: Date.now(),
            level: LEVELS.has(level) ? level : 'info',
            message: cut(String(message), LONGEST_MESSAGE),
            fields: plainFields(fields)
        });
    }

    /**
     * Sets what the run answers. The last call counts; the run goes on.
     *
     * @param {unknown} value - anything that structured clone accepts
     * @throws {DOMException} DataCloneError
     */
    result(value) {
        this.#sink.result(value);
    }

    /** Passes on the progress that waits for its turn. */
    flush() {
        clearTimeout(this.#timer);
        this.#timer = undefined;
        if (this.#pending !== undefined) {
            this.#sentMs = nowMs();
            this.#sink.progress(this.#pending);
            this.#pending = undefined;
        }
    }

    /** @throws {unknown} the reason, when the run is to stop */
    throwIfAborted() {
        if (this.#abortReason !== undefined) {
            throw this.#abortReason;
        }
    }

    /** The run is to stop. */
    abort(reason) {
        this.#abortReason = reason;
        this.#abort?.abort(reason);
    }
}

/** The signal is made with its controller; neither shows when a context is logged. */
Object.defineProperty(RunContext.prototype, Symbol.toStringTag, {value: 'RunContext', configurable: true});

function fractionOf(value) {
    const fraction = typeof value === 'object' && value !== null ? value.done / value.total : value;
    if (typeof fraction === 'number' && fraction >= 0 && fraction <= 1) {
        return fraction;
    }
    if (typeof value === 'object' && value?.total === 0 && value?.done === 0) {
        return 1;
    }
    throw new RangeError(
        `progress takes a number from 0 to 1, or {done, total} with done from 0 to total; it got ${describe(value)}`
    );
}

function describe(value) {
    return typeof value === 'object' && value !== null
        ? `{done: ${value.done}, total: ${value.total}}`
        : String(value);
}

/** Fields as JSON would carry them; what it cannot carry, or is too long, becomes a note. */
function plainFields(fields) {
    if (typeof fields !== 'object' || fields === null) {
        return undefined;
    }
    try {
        const text = JSON.stringify(fields);
        return text.length <= LONGEST_FIELDS ? JSON.parse(text) : {cut: cut(text, LONGEST_FIELDS)};
    } catch (error) {
        return {unreadable: String(error?.message)};
    }
}

module.exports = {RunContext};
