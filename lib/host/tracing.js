'use strict';

/**
 * What is published on `node:diagnostics_channel`, for tracers. Names and fields are part of the interface:
 *
 * - the tracing channel `job-manager:run`, once for each attempt, with `{job, run, attempt, kind, trigger, schedule, manager,
 *   inCaller}`, and `result` or `error` at its end; of an attempt in a process also `cause`, `exitCode`, `signal` and `pid`.
 *   The function of an inline job runs inside of `start`, so that a tracer's store is there in it. `inCaller(call)` calls a
 *   function in the async context of `runJob`, for a run that was asked for while somebody subscribed;
 * - `job-manager:attempt:failed`, `job-manager:run:skipped`, `job-manager:job:registered` and `job-manager:worker:spawn`.
 */

const {AsyncResource} = require('node:async_hooks');
const {channel, tracingChannel} = require('node:diagnostics_channel');

const runs = tracingChannel('job-manager:run');
const PARTS = [runs.start, runs.end, runs.asyncStart, runs.asyncEnd, runs.error];

const attemptFailed = channel('job-manager:attempt:failed');
const runSkipped = channel('job-manager:run:skipped');
const jobRegistered = channel('job-manager:job:registered');
const workerSpawned = channel('job-manager:worker:spawn');

/** `TracingChannel.hasSubscribers` is missing before Node.js 20.13. */
const isTraced = () => PARTS.some((part) => part.hasSubscribers);

/** @returns {((call: () => unknown) => unknown) | undefined} calls a function in the async context of now, for tracers */
function callerForTracers() {
    return isTraced() ? AsyncResource.bind((call) => call()) : undefined;
}

/**
 * Calls the function of an inline job.
 *
 * @template T
 * @param {() => Promise<T>} call
 * @param {object} context - of the attempt
 * @returns {Promise<T>}
 */
function traceInline(call, context) {
    return runs.tracePromise(call, context);
}

/** Attempts in processes, from their start to their end, where somebody traces them. */
class TracedAttempts {
    /** @type {Map<number, object>} */
    #contexts = new Map();

    /** @param {number} run @param {() => object} describe - gives the context */
    started(run, describe) {
        if (!isTraced()) {
            return;
        }
        const context = describe();
        this.#contexts.set(run, context);
        runs.start.publish(context);
        runs.end.publish(context);
    }

    /**
     * @param {number} run
     * @param {object} outcome
     * @param {unknown} [outcome.error]
     * @param {() => unknown} [outcome.read] - gives the result
     * @param {import('../native/binding').RunEnd} outcome.ending
     * @param {() => {pid?: number}} outcome.describe - gives what the host is shown of the run
     */
    ended(run, {error, read, ending, describe}) {
        const context = this.#contexts.get(run);
        if (context === undefined) {
            return;
        }
        this.#contexts.delete(run);
        const {cause, exitCode, signal} = ending;
        Object.assign(context, {cause, exitCode, signal, pid: context.pid ?? describe().pid});
        if (error === undefined) {
            context.result = read?.();
        } else {
            context.error = error;
            runs.error.publish(context);
        }
        runs.asyncStart.publish(context);
        runs.asyncEnd.publish(context);
    }
}

/** Publishes on a channel what `describe` gives, if anybody subscribes to it. */
function publish(to, describe) {
    if (to.hasSubscribers) {
        to.publish(describe());
    }
}

module.exports = {
    TracedAttempts,
    attemptFailed,
    callerForTracers,
    isTraced,
    jobRegistered,
    publish,
    runSkipped,
    traceInline,
    workerSpawned
};
