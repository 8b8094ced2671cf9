'use strict';

/** Deliveries that are runs of the manager: they may be kept in a store, tried again, timed out, or use processes. */

const {incorrectUsage, within} = require('../host/package.bundle.cjs').parts;
const {deliveryName, readName} = require('./names');
const {Tally} = require('./tally');

/** Dispatches of one type that may wait. Ghost's own adapter knows no bound. */
const MOST_WAITING = 1_000_000;
/**
 * With a store a delivery whose host died is tried again so often, also where a failed one is not: a job that kills its host
 * must not do so for ever.
 */
const STARTS_OF_KEPT_RUNS = 3;
/** A delivery that ends in one of these ways is not tried again unless `attempts` says so, as in Ghost's own adapter. */
const NO_CAUSE = [];
/** Bound at load time: a host's tests may later replace it by a fake clock. */
const nowMs = performance.now.bind(performance);

class RunLanes {
    #parts;
    #manager;
    /** Names of jobs that are defined, by queue and type. */
    #defined = new Map();
    #going = new Map();
    #dropped = new Tally();
    #isDropping = false;

    /**
     * @param {object} parts
     * @param {import('../../index')} parts.manager
     * @param {Record<string, {concurrency: number}>} parts.queues - that the manager was given; more are added
     * @param {import('./delivery').Processor} parts.processor
     * @param {import('./config').Config} parts.config
     */
    constructor(parts) {
        this.#parts = parts;
        this.#manager = parts.manager;
    }

    /**
     * @param {Record<string, number>} lanes - of the queues that Ghost has declared: their concurrency
     * @throws {IncorrectUsageError} INVALID_QUEUE: a lane that is in use keeps its concurrency
     */
    declare(lanes) {
        const {queues} = this.#parts;
        const changed = Object.entries(lanes).filter(
            ([name, concurrency]) => queues[name]?.concurrency !== concurrency
        );
        const used = new Set(Array.from(this.#defined.values(), ({queue}) => queue));
        for (const [name, concurrency] of changed) {
            if (used.has(name)) {
                throw incorrectUsage({
                    message: `The queue "${name}" has a concurrency of ${queues[name].concurrency} until the next shutdown, and start() declares ${concurrency}`,
                    code: 'INVALID_QUEUE'
                });
            }
        }
        changed.forEach(([name, concurrency]) => {
            queues[name] = {concurrency};
        });
    }

    /** @returns {Promise<void>} when deliveries that an earlier process has left in the store go on */
    async restore() {
        for (const {name} of this.#manager.storedJobs()) {
            const {type, queue, isSchedule} = readName(name);
            if (!isSchedule) {
                await this.#job(type, queue).defined;
            }
        }
    }

    /** @param {import('./arguments').Dispatch} dispatch @returns {Promise<void>} when it is accepted: with a store, kept */
    async accept({envelope, queue, id}) {
        const {name, defined} = this.#job(envelope.type, queue);
        try {
            // Both in this turn, so that dispatches keep their order.
            const run = this.#manager.runJob(name, {data: envelope, id});
            await (defined === undefined ? run : Promise.all([defined, run]));
        } catch (error) {
            // It was sent before, when its type was in another lane.
            if (error.code !== 'RUN_ID_TAKEN') {
                throw error;
            }
        }
    }

    #job(type, queue) {
        const key = deliveryName(type, queue);
        let job = this.#defined.get(key);
        if (job === undefined) {
            job = {name: key, type, queue, defined: this.#define(key, queue)};
            this.#defined.set(key, job);
            job.defined.then(
                () => (job.defined = undefined),
                () => this.#defined.delete(key)
            );
        }
        return job;
    }

    #define(name, queue) {
        const {config, queues} = this.#parts;
        const {attempts, backoff, store, timeout} = config;
        queues[queue] ??= {concurrency: config.concurrency};
        const isTriedOnce = attempts === undefined && backoff === undefined;
        const tries =
            store !== undefined && isTriedOnce
                ? {attempts: STARTS_OF_KEPT_RUNS, retryOn: NO_CAUSE}
                : {attempts, backoff};
        return this.#manager.defineJob({
            name,
            queue,
            job: (envelope, run) => this.#deliver(envelope, run),
            maxWaiting: MOST_WAITING,
            timeout,
            ...tries
        });
    }

    async #deliver(envelope, run) {
        if (this.#isDropping) {
            this.#dropped.add(envelope.type);
            return;
        }
        this.#going.set(run, envelope.type);
        try {
            await this.#parts.processor.deliver(envelope, run);
        } finally {
            this.#going.delete(run);
        }
    }

    /**
     * @param {{timeoutMs: number, waiting: 'finish' | 'drop'}} how
     * @returns {Promise<import('./leftovers').Leftovers>} what was not done
     */
    async shutdown({timeoutMs, waiting}) {
        const areKept = this.#parts.config.store !== undefined;
        const endsMs = nowMs() + timeoutMs;
        // With a store what waits need not be dropped: it stays there.
        this.#isDropping = waiting === 'drop' && !areKept;
        if (waiting === 'finish' || !areKept) {
            await within(this.#idle(), timeoutMs);
        }
        const unbegun = this.#waiting();
        const {retrying} = this.#manager.stats();
        const timeout = Math.max(0, endsMs - nowMs());
        await this.#manager.shutdown({timeout, waiting: areKept ? 'finish' : 'drop'}).catch(() => {});
        return {going: Tally.of(this.#going.values()), waiting: unbegun, retrying, areKept};
    }

    #waiting() {
        const waiting = this.#dropped;
        if (this.#unended === 0) {
            return waiting;
        }
        try {
            for (const {name, type} of this.#defined.values()) {
                waiting.add(type, this.#manager.job(name)?.waiting ?? 0);
            }
        } catch {
            // The store cannot be read, which the log has said.
        }
        return waiting;
    }

    /** Runs that go, or wait for their turn; not those that wait for their next attempt, or for a job that is not defined. */
    get #unended() {
        const {running, waiting} = this.#manager.stats();
        return this.#manager.storedJobs().reduce((sum, job) => sum - job.waiting, running + waiting);
    }

    /** When no delivery goes or waits for its turn. */
    #idle() {
        const {events} = this.#manager;
        return new Promise((resolve) => {
            let isChecking = false;
            const check = () => {
                isChecking = false;
                if (this.#unended === 0) {
                    resolve();
                }
            };
            // Once a turn, however many have ended in it.
            const checkSoon = () => {
                if (!isChecking) {
                    isChecking = true;
                    setImmediate(check);
                }
            };
            events.on('run ended', checkSoon).on('attempt failed', checkSoon);
            check();
        });
    }
}

module.exports = {RunLanes};
