'use strict';

const {ROOT_CONTEXT, SpanKind, SpanStatusCode, context, trace} = require('./api');
const {atEnd, atStart, causeOf} = require('./attributes');

/** Spans of attempts, from their start to their end. */
class Spans {
    #tracer;
    #cronOf;
    /** By what the channel tells of an attempt. @type {WeakMap<object, import('@opentelemetry/api').Span>} */
    #spans = new WeakMap();

    /**
     * @param {() => import('@opentelemetry/api').Tracer} tracer - asked at each use: the host may set its provider later
     * @param {(attempt: object) => string | undefined} cronOf - gives the schedule of its job
     */
    constructor(tracer, cronOf) {
        this.#tracer = tracer;
        this.#cronOf = cronOf;
    }

    /**
     * An attempt begins. Does nothing if that is known.
     *
     * @param {object} attempt - as the channel tells it
     * @returns {import('@opentelemetry/api').Context} what its function is to run in
     */
    start(attempt) {
        const parent = parentOf(attempt);
        let span = this.#spans.get(attempt);
        if (span === undefined) {
            const {job} = attempt;
            const name = job === undefined ? 'process' : `process ${job}`;
            const attributes = atStart(attempt, this.#cronOf(attempt));
            span = this.#tracer().startSpan(name, {kind: SpanKind.CONSUMER, attributes}, parent);
            this.#spans.set(attempt, span);
        }
        return trace.setSpan(parent, span);
    }

    /** An attempt has ended. */
    end(attempt) {
        const span = this.#spans.get(attempt);
        if (span === undefined) {
            return;
        }
        this.#spans.delete(attempt);
        span.setAttributes(atEnd(attempt));
        const {error} = attempt;
        // A run that was asked to stop has not failed.
        if (error !== undefined && causeOf(attempt) !== 'cancelled') {
            span.recordException(error);
            span.setStatus({code: SpanStatusCode.ERROR, message: messageOf(error)});
        }
        span.end();
    }
}

/**
 * A run that was asked for is a child of what has asked; a job without a due time, of what has added it. What a clock has
 * begun is a trace of its own.
 */
function parentOf({inCaller, trigger}) {
    if (inCaller !== undefined) {
        return inCaller(() => context.active());
    }
    return trigger === 'now' ? context.active() : ROOT_CONTEXT;
}

/** A job may throw anything, also what cannot be read. */
function messageOf(error) {
    try {
        return String(error?.message ?? error);
    } catch {
        return undefined;
    }
}

module.exports = {Spans};
