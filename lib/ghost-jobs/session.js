'use strict';

/** The adapter between a start and the next shutdown. */

const JobManager = require('../../index.js');
const {createLogger, incorrectUsage} = require('../host/package.bundle.cjs').parts;
const {DEFAULT_QUEUE} = require('./arguments');
const {Processor} = require('./delivery');
const {DirectLanes} = require('./direct-lanes');
const {IsolatedModules} = require('./isolated');
const {leftoversLine} = require('./leftovers');
const {readName} = require('./names');
const {RunLanes} = require('./run-lanes');
const {Schedules} = require('./schedules');

/** Ended deliveries of each type that the store knows: one that is sent again is not delivered again. */
const KEPT_RUNS = 500;

class Session {
    #config;
    #logger = createLogger();
    /** Of the manager: lanes are added to it as they are used. */
    #queues = Object.create(null);
    #manager;
    #isolated;
    #processor;
    #lanes;
    #schedules;
    #isClosing = false;

    /**
     * @param {import('./config').Config} config
     * @param {{processor: Function, queues?: Record<string, {concurrency?: number}>}} options - of `start`
     * @throws {IncorrectUsageError} INVALID_QUEUE
     * @throws {StoreError} STORE_...
     */
    constructor(config, {processor, queues}) {
        this.#config = config;
        const declared = this.#concurrencies(queues);
        this.#manager = new JobManager({
            queues: this.#queues,
            store: config.store,
            timezone: config.timezone,
            history: config.store && {perJob: KEPT_RUNS},
            errorHandler: (error, {name}) => this.#reportFailure(error, readName(name))
        });
        this.#isolated = config.isolated.size > 0 ? new IsolatedModules(config.isolated) : undefined;
        this.#processor = new Processor(processor, this.#isolated);
        this.#lanes = this.#makeLanes();
        this.#lanes.declare(declared);
        this.#schedules = new Schedules({
            manager: this.#manager,
            accept: (dispatch) => this.#acceptDue(dispatch),
            logger: this.#logger,
            hasStore: config.store !== undefined
        });
    }

    #makeLanes() {
        const {concurrency} = this.#config;
        const parts = {processor: this.#processor, logger: this.#logger, concurrency};
        return needsRuns(this.#config)
            ? new RunLanes({...parts, manager: this.#manager, queues: this.#queues, config: this.#config})
            : new DirectLanes(parts);
    }

    /** @returns {Promise<void>} when it accepts dispatches, and what an earlier process has left goes on */
    async begin() {
        try {
            await this.#lanes.restore?.();
            await this.#openDashboard();
        } catch (error) {
            await this.shutdown({timeoutMs: 0});
            throw error;
        }
    }

    async #openDashboard() {
        const {dashboard} = this.#config;
        if (dashboard === undefined) {
            return;
        }
        const {createDashboard} = require('../dashboard');
        const {port, host, socket, ...options} = dashboard;
        const where = socket === undefined ? {port, host} : {socket};
        // Options that are wrong end the start; a port that is taken must not keep the site from its jobs.
        const served = createDashboard(this.#manager, options);
        try {
            await served.listen(where);
        } catch (error) {
            if (error.syscall === undefined) {
                throw error;
            }
            this.#logger.error('The dashboard of the jobs adapter is not there', error);
        }
    }

    /** Ghost starts again without a shutdown: what goes and waits, and what recurs, stays. */
    startAgain({processor, queues}) {
        this.#lanes.declare(this.#concurrencies(queues));
        this.#processor.replace(processor);
    }

    /** @param {import('./arguments').Dispatch} dispatch */
    accept(dispatch) {
        return this.#lanes.accept(dispatch);
    }

    /** @param {import('./arguments').Dispatch & {cron: string}} recurring */
    schedule(recurring) {
        return this.#schedules.add(recurring);
    }

    /** @param {{timeoutMs: number}} options */
    async shutdown({timeoutMs}) {
        const {waiting} = this.#config;
        this.#isClosing = true;
        const leftovers = await this.#lanes.shutdown({timeoutMs, waiting});
        await this.#manager.shutdown({timeout: 0, waiting: 'drop'}).catch(() => {});
        await this.#isolated?.shutdown();
        const line = leftoversLine(leftovers, timeoutMs);
        if (line !== undefined) {
            this.#logger.warn(line);
        }
    }

    /** A job is due. At a shutdown only the store can still take it. */
    #acceptDue(dispatch) {
        return this.#isClosing && this.#config.store === undefined ? undefined : this.#lanes.accept(dispatch);
    }

    #concurrencies(queues = {}) {
        const entries = Object.entries(queues).map(
            ([name, {concurrency = this.#config.concurrency} = {}]) => {
                checkQueue(name, concurrency);
                return [name, concurrency];
            }
        );
        return Object.fromEntries(entries);
    }

    #reportFailure(error, {type, isSchedule}) {
        const what = isSchedule
            ? `Recurring job "${type}" tick failed to enqueue`
            : `Job "${type}" delivery failed`;
        this.#logger.error(what, error);
    }
}

/** Whether deliveries need what a run of the manager has. */
const needsRuns = ({attempts, backoff, dashboard, isolated, store, timeout}) =>
    isolated.size > 0 ||
    [attempts, backoff, dashboard, store, timeout].some((option) => option !== undefined);

function checkQueue(name, concurrency) {
    if (name === DEFAULT_QUEUE) {
        throw invalidQueue(
            `The queue "${DEFAULT_QUEUE}" cannot be declared: it is the lane of all jobs that name no queue. Its concurrency is ` +
                'the option "concurrency" of the adapter'
        );
    }
    if (!Number.isInteger(concurrency) || concurrency < 1) {
        throw invalidQueue(
            `Invalid concurrency for declared queue "${name}": ${JSON.stringify(concurrency)}. Expected a positive integer.`
        );
    }
}

const invalidQueue = (message) => incorrectUsage({message, code: 'INVALID_QUEUE'});

module.exports = {Session};
