'use strict';

/**
 * A process that is kept for a handler: loads the module once, then calls its function for one RUN frame after another.
 */

const {pathToFileURL} = require('node:url');
const {ProtocolError, ToWorker, readUint32} = require('../wire/frames.js');
const {decode} = require('../wire/compact.js');
const {handlerOf, needsImport} = require('../wire/handler-export.js');
const {RunContext} = require('../wire/run-context.js');
const {RunReports} = require('./run-reports.js');
const {showTitle, titleOf} = require('./start.js');

const Module = require('node:module');

/** Where what a handler calls finds its run. */
const RUN = Symbol.for('@tryghost/job-manager.run');
/** Bytes of the numbers ahead of a RUN's header: the run's, and the header's length. */
const LEAD_BYTES = 8;
/** How long a process has no run before its title says so. */
const IDLE_AFTER_MS = 50;
const BYTES_PER_MB = 1024 * 1024;

// Taken now: a job may install fake timers.
const {setImmediate, setTimeout} = globalThis;
const memoryBytes = process.memoryUsage.rss;

const isEmpty = (value) => typeof value === 'object' && value !== null && Object.keys(value).length === 0;

/**
 * What looks empty to `require` may be an ES module that nothing but its syntax marks as one: as a main module it is
 * imported in the background. The loader answers from its cache.
 */
async function imported(target, exported) {
    const namespace = await import(pathToFileURL(target).href);
    return namespace.default === exported ? exported : namespace;
}

/** What the module gives: with the module as the main one, as for a script. */
async function load(target) {
    if (!target.endsWith('.mjs') && !target.endsWith('.mts')) {
        try {
            const exported = Module._load(target, null, true);
            return isEmpty(exported) ? await imported(target, exported) : exported;
        } catch (error) {
            if (!needsImport(error)) {
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

/** Gives the process its title: the job's while a run goes, and once it has had none for a moment that it is idle. */
class Title {
    #busy;
    #isIdle = false;
    #isWatched = false;
    #isRunning = false;
    #hasRun = true;

    constructor(job) {
        this.#busy = titleOf(job);
    }

    begun() {
        this.#isRunning = true;
        this.#hasRun = true;
        if (this.#isIdle) {
            this.#isIdle = false;
            showTitle(this.#busy);
        }
    }

    /** No run goes. One watch looks after many short runs: setting the title takes as long as half of one. */
    ended() {
        this.#isRunning = false;
        if (!this.#isWatched) {
            this.#isWatched = true;
            this.#hasRun = false;
            setTimeout(() => this.#look(), IDLE_AFTER_MS).unref?.();
        }
    }

    #look() {
        this.#isWatched = false;
        if (!this.#isRunning && this.#hasRun) {
            this.ended();
        } else if (!this.#isRunning) {
            this.#isIdle = true;
            showTitle(`${this.#busy} (idle)`);
        }
    }
}

class HandlerLoop {
    #handler;
    #name;
    #reports;
    #title;
    #memoryLimitBytes;
    /** RUN payloads that wait for the one that goes. */
    #waiting = [];
    /** The run that goes, if one does. */
    #current;
    /** It begins no further run. */
    #isWorn = false;
    #isNextDue = false;

    /**
     * @param {{name: string, title?: string, reuseMemoryMb?: number}} job
     * @param {Function} handler
     * @param {import('./channel.js').Channel} channel to the host
     */
    constructor(job, handler, channel) {
        this.#name = job.name;
        this.#handler = handler;
        this.#reports = new RunReports(channel);
        this.#title = new Title(job);
        this.#memoryLimitBytes =
            job.reuseMemoryMb === undefined ? Infinity : job.reuseMemoryMb * BYTES_PER_MB;
        Object.defineProperty(globalThis, RUN, {
            get: () => this.#current?.context,
            configurable: true,
            enumerable: false
        });
        this.#title.ended();
    }

    /**
     * Takes a frame of the host that concerns runs.
     *
     * @param {number} kind RUN, ABORT or RECALL
     * @param {Buffer} payload
     */
    take(kind, payload) {
        if (kind === ToWorker.RUN) {
            this.#waiting.push(payload);
            if (this.#current === undefined && !this.#isNextDue) {
                this.#beginNext();
            }
            return;
        }
        const run = readUint32(payload, 0);
        if (this.#current?.run === run && kind === ToWorker.ABORT) {
            // The process may have to be ended: what stands behind this run goes elsewhere.
            this.#giveBack();
            this.#current.context.abort(this.#abortError());
        } else if (this.#current?.run !== run) {
            this.#giveBack(run);
        }
    }

    /**
     * Tells the host of runs that wait here that they will not begin here.
     *
     * @param {number} [only] this one; left out, all of them
     */
    #giveBack(only) {
        const isMeant = (payload) => only === undefined || readUint32(payload, 0) === only;
        const given = this.#waiting.filter(isMeant);
        this.#waiting = this.#waiting.filter((payload) => !isMeant(payload));
        given.forEach((payload) => this.#reports.notBegun(readUint32(payload, 0)));
    }

    #abortError() {
        const reason = new Error(`The run of job "${this.#name}" was asked to stop`);
        reason.name = 'AbortError';
        return reason;
    }

    /**
     * The next run begins in a turn of the event loop of its own: what the job has open is served between two runs, and
     * a promise that the last run has left rejected ends the process before another run has begun in it.
     */
    #next() {
        if (this.#waiting.length === 0) {
            this.#title.ended();
        } else if (!this.#isNextDue) {
            this.#isNextDue = true;
            setImmediate(this.#beginNext);
        }
    }

    #beginNext = () => {
        this.#isNextDue = false;
        if (this.#current === undefined && this.#waiting.length > 0 && !this.#isWorn) {
            void this.#run(this.#waiting.shift());
        }
    };

    async #run(payload) {
        const {run, facts, data} = parseRun(payload);
        const context = new RunContext(facts, this.#reports.sinkOf(run));
        this.#current = {run, context};
        this.#title.begun();
        try {
            const value = await this.#handler.call(undefined, data, context);
            context.flush();
            this.#checkMemory();
            this.#reports.returned(run, value);
        } catch (thrown) {
            context.flush();
            this.#checkMemory();
            this.#reports.threw(run, thrown);
        }
        this.#current = undefined;
        this.#next();
    }

    #checkMemory() {
        if (this.#memoryLimitBytes !== Infinity && memoryBytes() > this.#memoryLimitBytes) {
            this.beginNoMore();
        }
    }

    /**
     * Tells the host that no further run begins here: before the run that goes has ended, so that this process is handed
     * no other one, or before the process ends. The host takes back what it has handed to it.
     */
    beginNoMore() {
        if (!this.#isWorn) {
            this.#isWorn = true;
            this.#reports.worn(this.#current?.run ?? 0);
        }
    }
}

module.exports = {HandlerLoop, loadHandler};
