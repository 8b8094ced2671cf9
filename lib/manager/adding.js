'use strict';

const {incorrectUsage} = require('../host/errors');
const {checkInline, resolveModule} = require('../inline/inline-function');
const {retryOptions, checkStaleAfter} = require('../jobs/retry-options');

/** Decides what a job that is added becomes: a registered job, a handler, or a function in the queue of inline jobs. */
class Adding {
    #parts;
    #staleAfterMs;
    #hasHandlers = false;

    /**
     * @param {object} parts - of the manager (lib/manager/parts.js)
     * @param {import('../../index').Options} options - checked; `staleAfter` is used
     */
    constructor(parts, {staleAfter}) {
        this.#parts = parts;
        this.#staleAfterMs = staleAfter;
    }

    /** Whether a handler was ever defined. */
    get hasHandlers() {
        return this.#hasHandlers;
    }

    /** Adds the job of `addJob`: checked, and with the defaults of the manager. */
    add(job, options) {
        const {at, offloaded = true} = job;
        const {lifecycle, logger, jobs, keepAlive, runner} = this.#parts;
        lifecycle.assertOpen(job.name);
        if (offloaded) {
            logger.info('Adding offloaded job to the inline job queue');
        } else {
            checkInline(job);
        }
        if (offloaded || at !== undefined) {
            return jobs.add(job, options);
        }
        if (needsRun(job)) {
            // It is registered for as long as its run lasts.
            const added = jobs.add(job, {...options, replaceFinished: true, isTransient: true});
            keepAlive.pump();
            return added;
        }
        return runner.add(job);
    }

    /** Registers the handler of `defineJob`. */
    define(job) {
        const {lifecycle, jobs, acceptance, keepAlive} = this.#parts;
        lifecycle.assertOpen(job.name);
        if (typeof job.job !== 'function' && job.offloaded === false) {
            checkInline(job);
            resolveModule(job.job);
        }
        this.#hasHandlers = true;
        jobs.define(job);
        if (acceptance !== undefined) {
            // Runs that an earlier host has left may be read now.
            keepAlive.hold();
        }
    }

    /** Claims the row of the job of `addOneOffJob`, then adds the job. */
    async addOneOff({at: _never, staleAfter, ...job}) {
        if (!job.name) {
            const message = 'The name parameter is required for a one off job.';
            throw incorrectUsage({message, code: 'JOB_NAME_MISSING'});
        }
        const {lifecycle, outcomes} = this.#parts;
        checkStaleAfter(job, staleAfter ?? this.#staleAfterMs);
        lifecycle.assertOpen(job.name);
        // Of the cluster, unless each host is to claim it on its own.
        const shared = job.scope === 'host' ? undefined : this.#parts.clustering?.oneOffs;
        await this.#claim(job, staleAfter, shared);
        try {
            if (shared === undefined) {
                this.add(job, {replaceFinished: true, isOneOff: true});
            } else {
                await shared.claimed(job);
            }
        } catch (error) {
            // The row has the status `queued`, but the job will not run.
            await outcomes.writeStatus(job.name, {status: 'failed'});
            throw error;
        }
    }

    async #claim(job, staleAfterMs, shared) {
        const {oneOffs} = this.#parts;
        const check = () => {
            this.#checkStart(job);
            shared?.check(job);
        };
        try {
            await oneOffs.claim(job.name, {check, staleAfterMs});
        } catch (error) {
            if (error.code === 'JOB_ALREADY_EXECUTED') {
                await shared?.refused(job);
            }
            throw error;
        }
    }

    /** Throws if a one-off job could not start. Called before its row is written. */
    #checkStart(oneOff) {
        const {job, offloaded = true} = oneOff;
        const {jobs} = this.#parts;
        if (offloaded) {
            jobs.check(oneOff);
            return;
        }
        checkInline(oneOff);
        if (typeof job !== 'function') {
            resolveModule(job);
        }
        if (needsRun(oneOff)) {
            jobs.check(oneOff);
        }
    }
}

/** Whether an inline job without a time is more than a function in the queue: its run has attempts, is shown, or shares a queue. */
function needsRun(job) {
    const {context, warnAfter, history, queue} = job;
    return (
        context === true ||
        queue !== undefined ||
        warnAfter !== undefined ||
        history > 0 ||
        retryOptions(job) !== undefined
    );
}

module.exports = {Adding};
