'use strict';

/**
 * A process that is kept for a handler: loads the module once, then calls its function for one RUN frame after another.
 */

const {pathToFileURL} = require('node:url');
const {ProtocolError, ToWorker, readUint32} = require('../wire/frames.js');
const {decode} = require('../wire/compact.js');
const {handlerOf} = require('../wire/handler-export.js');
const {RunContext} = require('../wire/run-context.js');
const {RunReports} = require('./run-reports.js');

const Module = require('node:module');

/** Where what a handler calls finds its run. */
const RUN = Symbol.for('@tryghost/job-manager.run');
/** Bytes of the numbers ahead of a RUN's header: the run's, and the header's length. */
const LEAD_BYTES = 8;
/** Runs begun in one turn of the event loop, before the job's own timers and sockets get theirs. */
const RUNS_PER_TURN = 32;
const MS_PER_TURN = 5;
/** What `require` says of a module that has to be imported instead. */
const NEEDS_IMPORT = new Set(['ERR_REQUIRE_ESM', 'ERR_REQUIRE_ASYNC_MODULE']);

// Taken now: a job may install fake timers.
const {setImmediate} = globalThis;
const nowMs = performance.now.bind(performance);

/** What the module gives: with the module as the main one, as for a script. */
async function load(target) {
    if (!target.endsWith('.mjs') && !target.endsWith('.mts')) {
        try {
            return Module._load(target, null, true);
        } catch (error) {
            if (!NEEDS_IMPORT.has(error?.code)) {
                throw error;
            }
        }
    }
    return import(pathToFileURL(target).href);
}

/**
 * Loads a handler.
 *
 * @param {{name: string, target: string}} job
 * @returns {Promise<Function>} its default export
 * @throws {Error} HANDLER_MISSING, when that is no function
 */
async function loadHandler({name, target}) {
    return handlerOf(await load(target), {name, target});
}

/** @returns {{run: number, facts: import('../wire/run-context.js').RunFacts, data: unknown}} */
function parseRun(payload) {
    const headerEnd = LEAD_BYTES + (payload.length >= LEAD_BYTES ? readUint32(payload, 4) : Infinity);
    if (headerEnd > payload.length) {
        throw new ProtocolError('RUN frame is too short');
    }
    return {
        run: readUint32(payload, 0),
        facts: JSON.parse(payload.toString('utf8', LEAD_BYTES, headerEnd)),
        data: decode(payload.subarray(headerEnd))
    };
}

class HandlerLoop {
    #handler;
    #name;
    #reports;
    /** RUN payloads that wait for the one that goes. */
    #waiting = [];
    /** Those of them that were asked to stop: the host waits for an answer. */
    #abortedAhead = [];
    /** The run that goes, if one does. */
    #current;
    #begunThisTurn = 0;
    #turnStartedMs = 0;
    #isTurnMarked = false;

    /**
     * @param {string} name of the job
     * @param {Function} handler
     * @param {import('./channel.js').Channel} channel to the host
     */
    constructor(name, handler, channel) {
        this.#name = name;
        this.#handler = handler;
        this.#reports = new RunReports(channel);
        Object.defineProperty(globalThis, RUN, {
            value: undefined,
            writable: true,
            configurable: true,
            enumerable: false
        });
    }

    /**
     * Takes a frame of the host that concerns runs.
     *
     * @param {number} kind RUN or ABORT
     * @param {Buffer} payload
     */
    take(kind, payload) {
        if (kind === ToWorker.RUN) {
            this.#waiting.push(payload);
            if (this.#current === undefined) {
                this.#next();
            }
        } else {
            this.#abort(readUint32(payload, 0));
        }
    }

    /** The run that goes, for the process's own error report. */
    get current() {
        return this.#current?.run;
    }

    #abort(run) {
        if (this.#current?.run === run) {
            this.#current.context.abort(this.#abortError());
            return;
        }
        const index = this.#waiting.findIndex((payload) => readUint32(payload, 0) === run);
        if (index !== -1) {
            this.#waiting.splice(index, 1);
            this.#abortedAhead.push(run);
            this.#answerAborted();
        }
    }

    /** Runs that were asked to stop before they began never begin. The host hears of them in its order. */
    #answerAborted() {
        if (this.#current === undefined) {
            this.#abortedAhead.splice(0).forEach((run) => this.#reports.threw(run, this.#abortError()));
        }
    }

    #abortError() {
        const reason = new Error(`The run of job "${this.#name}" was asked to stop`);
        reason.name = 'AbortError';
        return reason;
    }

    #next() {
        this.#answerAborted();
        if (this.#waiting.length === 0) {
            return;
        }
        if (this.#isTurnOver()) {
            return;
        }
        this.#begunThisTurn += 1;
        void this.#run(this.#waiting.shift());
    }

    /** The event loop gets its turn after a while: what the job has open must be served too. */
    #isTurnOver() {
        if (!this.#isTurnMarked) {
            this.#isTurnMarked = true;
            this.#begunThisTurn = 0;
            this.#turnStartedMs = nowMs();
            setImmediate(() => {
                this.#isTurnMarked = false;
                if (this.#current === undefined) {
                    this.#next();
                }
            });
        }
        return this.#begunThisTurn >= RUNS_PER_TURN || nowMs() - this.#turnStartedMs > MS_PER_TURN;
    }

    async #run(payload) {
        const {run, facts, data} = parseRun(payload);
        const context = new RunContext(facts, this.#reports.sinkOf(run));
        this.#current = {run, context};
        globalThis[RUN] = context;
        try {
            const value = await this.#handler.call(undefined, data, context);
            context.flush();
            this.#reports.returned(run, value);
        } catch (thrown) {
            context.flush();
            this.#reports.threw(run, thrown);
        }
        globalThis[RUN] = undefined;
        this.#current = undefined;
        this.#next();
    }
}

module.exports = {HandlerLoop, loadHandler};
