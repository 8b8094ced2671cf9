'use strict';

const {context, trace} = require('@opentelemetry/api');
const {AsyncLocalStorageContextManager} = require('@opentelemetry/context-async-hooks');
const {
    AggregationTemporality,
    InMemoryMetricExporter,
    MeterProvider,
    PeriodicExportingMetricReader
} = require('@opentelemetry/sdk-metrics');
const {
    BasicTracerProvider,
    InMemorySpanExporter,
    SimpleSpanProcessor
} = require('@opentelemetry/sdk-trace-base');
const {instrument} = require('../../lib/otel');

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

/** The real SDK, which keeps what it is given in memory. */
function sdk() {
    const exporter = new InMemorySpanExporter();
    const tracerProvider = new BasicTracerProvider({spanProcessors: [new SimpleSpanProcessor(exporter)]});
    const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({
        exporter: metricExporter,
        exportIntervalMillis: 3_600_000
    });
    const meterProvider = new MeterProvider({readers: [reader]});
    return {
        tracerProvider,
        meterProvider,
        /** @returns {object[]} the spans that have ended */
        spans: () => exporter.getFinishedSpans(),
        /** @returns {Promise<Record<string, object[]>>} the data points, by the name of their metric */
        async measured() {
            metricExporter.reset();
            await reader.forceFlush();
            const metrics = metricExporter
                .getMetrics()
                .flatMap(({scopeMetrics}) => scopeMetrics.flatMap((scope) => scope.metrics));
            return Object.fromEntries(
                metrics.map(({descriptor, dataPoints}) => [descriptor.name, dataPoints])
            );
        },
        async close() {
            await reader.shutdown();
        }
    };
}

/** Instruments a manager until the test ends. */
function instrumented(t, manager) {
    const memory = sdk();
    const end = instrument(manager, memory);
    t.after(async () => {
        end();
        await memory.close();
    });
    return {...memory, end, tracer: memory.tracerProvider.getTracer('test')};
}

/** Runs a function within a span of the host. */
function withinSpan(tracer, name, call) {
    return tracer.startActiveSpan(name, async (span) => {
        try {
            return await call(span);
        } finally {
            span.end();
        }
    });
}

module.exports = {instrumented, sdk, trace, withinSpan};
