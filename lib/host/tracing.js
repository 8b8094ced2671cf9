'use strict';

/**
 * What is published on `node:diagnostics_channel`, for tracers. Names and fields are part of the interface:
 *
 * - the tracing channel `job-manager:run`, once for each attempt, with `{job, run, attempt, kind, schedule, manager}`, and
 *   `result` or `error` at its end. The function of an inline job runs inside of `start`, so that a tracer's store is there
 *   in it;
 * - `job-manager:attempt:failed`, `job-manager:run:skipped`, `job-manager:job:registered` and `job-manager:worker:spawn`.
 */

const {channel, tracingChannel} = require('node:diagnostics_channel');

const runs = tracingChannel('job-manager:run');
const PARTS = [runs.start, runs.end, runs.asyncStart, runs.asyncEnd, runs.error];

const attemptFailed = channel('job-manager:attempt:failed');
const runSkipped = channel('job-manager:run:skipped');
const jobRegistered = channel('job-manager:job:registered');
const workerSpawned = channel('job-manager:worker:spawn');

/** `TracingChannel.hasSubscribers` is missing before Node.js 20.13. */
const isTraced = () => PARTS.some((part) => part.hasSubscribers);

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

    /** @param {number} run @param {{error?: unknown, read?: () => unknown}} outcome */
    ended(run, {error, read}) {
        const context = this.#contexts.get(run);
        if (context === undefined) {
            return;
        }
        this.#contexts.delete(run);
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
    isTraced,
    jobRegistered,
    publish,
    runSkipped,
    traceInline,
    workerSpawned
};
