'use strict';

/**
 * Promises returned by `awaitCompletion`. Each belongs to the current registration of the named job, or to the next one
 * if none is registered: the end of a run of an earlier registration does not settle it.
 */

const {setTimeout: pause} = require('node:timers/promises');
const {jobRemoved, jobSkipped, neverCompletes} = require('../host/errors');
const {JobScope} = require('../host/job-scope');

/** A warning is logged when a promise has been pending for so long and no run of the job is to be expected. */
const WARN_AFTER_MS = 5_000;

class Completions {
    #logger;
    #isComing;
    #pause;
    /** Job to promises. */
    #waiting = new Map();
    #isClosed = false;

    /**
     * @param {object} logger
     * @param {(name: string) => boolean} isComing - whether a run of the job may be running, queued or due
     * @param {{pause?: (ms: number, signal: AbortSignal) => Promise<void>}} [options] - how to wait before a warning
     */
    constructor(logger, isComing, {pause: wait = unreferencedPause} = {}) {
        this.#logger = logger;
        this.#isComing = isComing;
        this.#pause = wait;
    }

    /**
     * @param {string} name
     * @param {JobScope & {isPast?: boolean}} [scope] - the job of that name, if one is registered
     * @returns {Promise<void>} settled by the next completion of that job
     */
    wait(name, scope) {
        if (scope?.isPast) {
            return Promise.reject(jobSkipped(name));
        }
        if (this.#isClosed) {
            return Promise.reject(neverCompletes(name));
        }
        return new Promise((resolve, reject) => {
            const waiting = this.#waiting.get(name) ?? {promises: [], watch: undefined};
            waiting.promises.push({resolve, reject, scope, isDecided: false});
            this.#waiting.set(name, waiting);
            if (!waiting.watch && (scope === undefined || !this.#isComing(name))) {
                waiting.watch = new AbortController();
                this.#watch(name, waiting, scope);
            }
        });
    }

    /** A job has been registered: it takes over the promises for its name, or for the finished job that it replaces. */
    registered(scope, replaced) {
        this.#waiting.get(scope.name)?.promises.forEach((promise) => {
            if (promise.scope === undefined || promise.scope === replaced) {
                promise.scope = scope;
            }
        });
    }

    /** @returns {boolean} does anybody wait for the job of that name? */
    has(name) {
        return this.#waiting.has(name);
    }

    /** The job's only due time had passed when it was added. */
    skipped(scope) {
        const isMeant = (promise) => promise.scope === scope;
        this.#settle(scope.name, isMeant, ({reject}) => reject(jobSkipped(scope.name)));
    }

    /** The job has been removed, and its runs have ended. A promise whose run has ended may still await its status row. */
    removed(scope) {
        const isLeft = (promise) => promise.scope === scope && !promise.isDecided;
        this.#settle(scope.name, isLeft, ({reject}) => reject(jobRemoved(scope.name)));
    }

    /**
     * The manager has been shut down. A promise whose run has ended may still await its status row.
     *
     * @param {(name: string, isRegistered: boolean) => boolean} isRunning - whether a run that has not ended may settle a
     *   promise for that name all the same
     */
    close(isRunning) {
        this.#isClosed = true;
        for (const name of this.#waiting.keys()) {
            const isLeft = ({scope, isDecided}) => !isDecided && !isRunning(name, scope !== undefined);
            this.#settle(name, isLeft, ({reject}) => reject(neverCompletes(name)));
        }
    }

    /**
     * A run of the job has ended. Returns functions that settle its promises: those of the registration in whose scope
     * this is called; outside of a scope, all promises for the name.
     *
     * @param {string} name
     * @returns {{resolve: (value?: unknown) => void, reject: (error: unknown) => void, leave: () => void}} `leave`: they wait for
     *   another end
     */
    ended(name) {
        const scope = JobScope.current(name);
        const isMeant = (promise) => scope === undefined || promise.scope === scope;
        this.#waiting
            .get(name)
            ?.promises.filter(isMeant)
            .forEach((promise) => {
                promise.isDecided = true;
            });
        const leave = () =>
            this.#waiting
                .get(name)
                ?.promises.filter(isMeant)
                .forEach((promise) => {
                    promise.isDecided = false;
                });
        return {
            leave,
            resolve: (value) => this.#settle(name, isMeant, ({resolve}) => resolve(value)),
            reject: (error) => this.#settle(name, isMeant, ({reject}) => reject(error))
        };
    }

    #settle(name, isMeant, settle) {
        const waiting = this.#waiting.get(name);
        if (!waiting) {
            return;
        }
        const settled = waiting.promises.filter(isMeant);
        waiting.promises = waiting.promises.filter((promise) => !isMeant(promise));
        if (waiting.promises.length === 0) {
            this.#waiting.delete(name);
            // The timer would keep the manager from being collected.
            waiting.watch?.abort();
        }
        settled.forEach(settle);
    }

    /** Warns, once, if promises are still pending and no run of the job is to be expected. */
    async #watch(name, waiting, scope) {
        const isStuck = () =>
            this.#waiting.get(name) === waiting &&
            waiting.promises.some((promise) => promise.scope === scope && !promise.isDecided);
        // A queued or running inline job may be the one awaited: such jobs are not registered.
        const mayBeInline = () => scope === undefined && isStuck() && this.#isComing(name);
        do {
            await this.#pause(WARN_AFTER_MS, waiting.watch.signal);
        } while (mayBeInline());
        if (!isStuck() || this.#isComing(name)) {
            waiting.watch = undefined;
            return;
        }
        const reason = scope
            ? 'no run of that job is running, queued or due'
            : 'no job of that name is registered';
        this.#logger.warn(
            `awaitCompletion("${name}") has been pending for ${WARN_AFTER_MS / 1000} s and ${reason}. ` +
                `Call it before addJob, with the same name.`
        );
    }
}

/** Uses the real clock, and does not keep the process alive. */
const unreferencedPause = (ms, signal) => pause(ms, undefined, {ref: false, signal}).catch(() => {});

module.exports = {Completions};
