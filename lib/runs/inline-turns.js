'use strict';

/** Runs of registered inline jobs: takes them from the native side to the queue of inline jobs, and their ends back. */

const {isPermanent} = require('../wire/permanent');
const {contextOf} = require('./run-announcements');

class InlineTurns {
    #parts;

    /**
     * @param {object} parts
     * @param {import('../native/binding').NativeManager} parts.native
     * @param {string} parts.instance - for tracers
     * @param {import('../jobs/registered-jobs').RegisteredJobs} parts.jobs
     * @param {import('./runs').Runs} parts.runs
     * @param {import('../inline/inline-jobs').InlineJobs} parts.queue
     * @param {import('../inline/inline-runner').InlineRunner} parts.runner
     * @param {import('../events/inline-runs').InlineRuns} parts.inlineRuns
     * @param {import('../metrics/counters').Counters} parts.counters
     */
    constructor(parts) {
        this.#parts = parts;
    }

    /** An attempt is due. Its job may have been removed since. */
    due(registered, {run, attempt, wantedMs}) {
        this.#add(registered, {run, attempt, wantedMs});
        if (attempt > 1) {
            this.#parts.queue.release();
        }
    }

    /** An attempt has failed, and another one follows. */
    waits() {
        this.#parts.queue.hold();
    }

    /** A run that waited for its next attempt is not tried again: it fails with the error of its last one. */
    gaveUp(registered, error) {
        const {name, job} = registered;
        const {queue, runner} = this.#parts;
        void runner.gaveUp(registered, {name, job: job.job}, error).then(() => queue.release());
    }

    /** What tracers are told of an attempt; of a job without a run for one that is not registered. */
    traceOf(name, turn) {
        const {instance, runs} = this.#parts;
        const run =
            turn === undefined
                ? {attempt: 1, trigger: 'now'}
                : {...runs.tracedRun(turn.run), attempt: turn.attempt};
        return contextOf({...run, job: name}, turn?.scope, instance, 'inline');
    }

    #add(registered, {run, attempt, wantedMs}) {
        const {counters, inlineRuns, jobs, queue, runner, runs} = this.#parts;
        const isWanted = () => jobs.get(registered?.name) === registered;
        const onUnwanted = () => {
            if (inlineRuns.dropped(run)) {
                queue.hold();
            }
        };
        if (!registered || !isWanted()) {
            onUnwanted();
            return;
        }
        const {name, job, attempts} = registered;
        const turn = {
            run,
            attempt,
            scope: registered,
            isWanted,
            onUnwanted,
            onBegun: attempt === 1 ? () => counters.inlineBegun(wantedMs) : undefined,
            isLast: attempts > 1 ? (error) => inlineRuns.failed(run, error, isPermanent(error)) : undefined,
            isCancelled: () => runs.isCancelled(run),
            context: job.context ? () => runs.contextOf(run, registered, attempt) : undefined,
            onEnded: (error, result) => this.#ended(turn, error, result)
        };
        runner.add({...job, name, ...runs.inputOf(run, job)}, turn);
    }

    #ended({run, isLast}, error, result) {
        const {native, runs} = this.#parts;
        runs.settled(run, error, result);
        // `isLast` has reported the error of a job with several attempts.
        if (error === undefined || !isLast) {
            native.inlineEnded(run, error === undefined ? undefined : false);
        }
    }
}

module.exports = {InlineTurns};
