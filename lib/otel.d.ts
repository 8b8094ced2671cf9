/// <reference types="node" />

import type {MeterProvider, TracerProvider} from '@opentelemetry/api';
import JobManager = require('../index');

declare global {
    /** As in TypeScript's library `esnext.disposable`, for hosts without it. */
    interface SymbolConstructor {
        readonly dispose: unique symbol;
    }
}

export interface InstrumentOptions {
    /** Default: the global one, as it is when an attempt begins. */
    tracerProvider?: TracerProvider;
    /** Default: the global one, as it is when something is measured. */
    meterProvider?: MeterProvider;
}

/** Ends the instrumentation, when it is called or disposed of (`using`). Attempts that have begun are followed to their end. */
export interface Instrumentation {
    (): void;
    [Symbol.dispose](): void;
}

/**
 * Makes a span for each attempt of a manager's runs, of the kind CONSUMER and the name `process JOB`, and measures them. The
 * function of an inline job runs within its span, so that spans that it makes are children of that. Needs the package
 * `@opentelemetry/api`. See docs/metrics.md.
 */
export declare function instrument(jobManager: JobManager, options?: InstrumentOptions): Instrumentation;
