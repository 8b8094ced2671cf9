'use strict';

const {AsyncLocalStorage} = require('node:async_hooks');
const {tracingChannel} = require('node:diagnostics_channel');
const {context, diag, metrics, trace} = require('./api');
const {Meters} = require('./meters');
const {Spans} = require('./spans');

const SCOPE = '@tryghost/job-manager';
/** Bound at load time: a host's tests may later replace it by a fake clock. */
const nowMs = performance.now.bind(performance);

/** Stands in for the storage that a channel enters for its subscribers: enters a context of OpenTelemetry. */
class ContextStore extends AsyncLocalStorage {
    run(entered, call, ...args) {
        return context.with(entered, call, undefined, ...args);
    }
}

/**
 * Makes a span for each attempt of a manager's runs, and measures them. The function of an inline job runs within its span.
 *
 * @param {import('../../index')} jobManager
 * @param {import('../otel').InstrumentOptions} [options]
 * @returns {import('../otel').Instrumentation} ends it
 */
function instrument(jobManager, {tracerProvider, meterProvider} = {}) {
    const {instance, version} = jobManager.stats();
    const spans = new Spans(
        () => (tracerProvider ?? trace.getTracerProvider()).getTracer(SCOPE, version),
        (attempt) => cronOf(jobManager, attempt)
    );
    const meters = new Meters(() => (meterProvider ?? metrics.getMeterProvider()).getMeter(SCOPE, version));
    const attempts = new Attempts(instance, spans, meters);
    const onOnline = ({run}) => {
        if (run.attempt === 1 && run.due !== undefined) {
            meters.delayed(run.job, run.startDelayMs / 1_000);
        }
    };
    jobManager.events.on('run online', onOnline);
    attempts.listen();
    const end = () => {
        attempts.close();
        jobManager.events.off('run online', onOnline);
    };
    return Symbol.dispose ? Object.assign(end, {[Symbol.dispose]: end}) : end;
}

/** A cron line where the schedule can be one, else its text. */
function cronOf(jobManager, {job, schedule}) {
    return schedule === undefined ? undefined : (jobManager.job(job)?.schedule?.cron5 ?? schedule);
}

/** The attempts of one manager, of all those that the channel tells of. */
class Attempts {
    #channel = tracingChannel('job-manager:run');
    #store = new ContextStore();
    #instance;
    #spans;
    #meters;
    /** When each attempt that goes has begun. @type {Map<object, number>} */
    #startedMs = new Map();
    #isClosed = false;

    constructor(instance, spans, meters) {
        this.#instance = instance;
        this.#spans = spans;
        this.#meters = meters;
    }

    listen() {
        const {start, asyncEnd} = this.#channel;
        start.bindStore(this.#store, (attempt) => this.#enter(attempt));
        start.subscribe(this.#onStart);
        asyncEnd.subscribe(this.#onEnd);
    }

    /** Attempts that have begun are followed to their end. */
    close() {
        const {start} = this.#channel;
        start.unbindStore(this.#store);
        start.unsubscribe(this.#onStart);
        this.#isClosed = true;
        this.#leave();
    }

    #leave() {
        if (this.#isClosed && this.#startedMs.size === 0) {
            this.#channel.asyncEnd.unsubscribe(this.#onEnd);
        }
    }

    /** @returns {import('@opentelemetry/api').Context} what the function of an inline job runs in */
    #enter(attempt) {
        const isOwn = attempt.manager === this.#instance;
        return (isOwn && guarded(() => this.#spans.start(attempt))) || context.active();
    }

    #onStart = (attempt) => {
        if (attempt.manager !== this.#instance) {
            return;
        }
        this.#startedMs.set(attempt, nowMs());
        guarded(() => {
            // It has its span already if its function is about to be called.
            this.#spans.start(attempt);
            this.#meters.started(attempt);
        });
    };

    #onEnd = (attempt) => {
        const startedMs = this.#startedMs.get(attempt);
        if (startedMs === undefined) {
            return;
        }
        this.#startedMs.delete(attempt);
        guarded(() => {
            this.#spans.end(attempt);
            this.#meters.ended(attempt, (nowMs() - startedMs) / 1_000);
        });
        this.#leave();
    };
}

/** An exporter that throws must not end the host, which the error of a subscriber would. */
function guarded(call) {
    try {
        return call();
    } catch (error) {
        diag.error('@tryghost/job-manager/otel: an attempt could not be recorded', error);
        return undefined;
    }
}

module.exports = {instrument};
