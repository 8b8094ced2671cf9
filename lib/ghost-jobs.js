'use strict';

/**
 * `@tryghost/job-manager/ghost-jobs`: a jobs adapter for Ghost 6, for both shapes of its contract. docs/ghost.md says how a
 * site uses it, docs/design/ghost-jobs.md why it is built like this.
 */

const {incorrectUsage} = require('./host/package.bundle.cjs').parts;
const {dispatchOf, recurringOf} = require('./ghost-jobs/arguments');
const {JobsBackendBase} = require('./ghost-jobs/base');
const {readConfig} = require('./ghost-jobs/config');
const {Session} = require('./ghost-jobs/session');

const DEFAULT_SHUTDOWN_TIMEOUT_MS = 10_000;

class GhostJobs extends JobsBackendBase {
    #config;
    /** From a start to the next shutdown. @type {Session | undefined} */
    #session;
    /** Calls after a shutdown are ignored, and those before the first start are errors. */
    #wasShutDown = false;
    /** The start that is under way, or the last one. Never rejects. */
    #starting;
    /** The same of the shutdown. */
    #closing;

    /**
     * Called by Ghost at its start, and by `bin/validate-adapters.js`.
     *
     * @param {import('./ghost-jobs').Config} [config]
     * @throws {IncorrectUsageError} INVALID_OPTION
     */
    static validate(config = {}) {
        readConfig(config);
    }

    /**
     * @param {import('./ghost-jobs').Config} [config]
     * @throws {IncorrectUsageError} INVALID_OPTION
     */
    constructor(config = {}) {
        super();
        this.#config = readConfig(config);
    }

    /**
     * Accepts work from now on. May be called again after a shutdown.
     *
     * @param {import('./ghost-jobs').StartOptions} options
     * @throws {IncorrectUsageError} INVALID_QUEUE, INVALID_PROCESSOR
     * @throws {StoreError} STORE_...: the store cannot be opened
     */
    async start(options) {
        if (typeof options?.processor !== 'function') {
            throw incorrectUsage({
                message:
                    'start() of the jobs adapter takes {processor, queues?}, and got no processor that is a function',
                code: 'INVALID_PROCESSOR'
            });
        }
        const started = this.#start(options);
        this.#starting = started.catch(() => {});
        await started;
    }

    async #start(options) {
        await this.#closing;
        if (this.#session !== undefined) {
            this.#session.startAgain(options);
            return;
        }
        const session = new Session(this.#config, options);
        await session.begin();
        this.#session = session;
    }

    /**
     * Accepts work: `enqueue({type, payload}, {queue}?)`, or `enqueue(id, dispatch)`, where the same id is accepted once.
     *
     * @returns {Promise<void>} when it is accepted: with a store, when it is kept
     * @throws {IncorrectUsageError} INVALID_JOB, NOT_STARTED
     * @throws {StoreError} STORE_...: it cannot be kept
     */
    async enqueue(first, second) {
        const dispatch = dispatchOf(first, second);
        const session = this.#sessionFor(() => `enqueue job "${dispatch.envelope.type}"`);
        return session?.accept(dispatch);
    }

    /**
     * Delivers a job again and again: `scheduleRecurring({type, payload}, {cron}, {queue}?)`, or
     * `scheduleRecurring(dispatch, {cron})`. The first schedule of a type counts.
     *
     * @throws {IncorrectUsageError} INVALID_JOB, NOT_STARTED, or for a schedule that cannot be read or never falls due
     */
    async scheduleRecurring(first, schedule, routing) {
        const recurring = recurringOf(first, schedule, routing);
        const session = this.#sessionFor(() => `schedule recurring job "${recurring.envelope.type}"`);
        await session?.schedule(recurring);
    }

    /**
     * Accepts no more, and waits for deliveries, up to the time limit.
     *
     * @param {{timeoutMs?: number}} [options] - default 10 s
     */
    async shutdown({timeoutMs = DEFAULT_SHUTDOWN_TIMEOUT_MS} = {}) {
        this.#wasShutDown = true;
        await this.#starting;
        const session = this.#session;
        this.#session = undefined;
        if (session !== undefined) {
            this.#closing = session.shutdown({timeoutMs});
        }
        await this.#closing;
    }

    /** @returns {Session | undefined} none after a shutdown: a dispatch of the last moment is no error */
    #sessionFor(describe) {
        if (this.#session === undefined && !this.#wasShutDown) {
            throw incorrectUsage({
                message: `Cannot ${describe()} before the jobs backend is started.`,
                code: 'NOT_STARTED'
            });
        }
        return this.#session;
    }
}

module.exports = GhostJobs;
/** What Ghost looks for in an object of exports. */
module.exports.default = GhostJobs;
module.exports.GhostJobs = GhostJobs;
/** So that `import {validate} from` finds it as well. */
module.exports.validate = GhostJobs.validate;
