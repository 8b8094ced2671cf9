'use strict';

// What the real SDK of OpenTelemetry is given, in memory.

const assert = require('node:assert/strict');
const {once} = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const {test} = require('node:test');
const {SpanKind, SpanStatusCode, metrics, trace} = require('@opentelemetry/api');
const {instrument} = require('../../lib/otel');
const {eventually} = require('../support/processes');
const {createManager} = require('../support/runs');
const {temporaryFolder} = require('../support/temporary-folder');
const {failureOf, jobs, resultOf, trying} = require('../runs/support');
const {instrumented, sdk, withinSpan} = require('./support');

const fixture = (name) => path.join(__dirname, '..', 'fixtures', 'compat', name);
const parentIdOf = (span) => span.parentSpanContext?.spanId;

test('each attempt of a script is a span, the failed one with its error', async (t) => {
    const {manager} = createManager(t);
    const {spans} = instrumented(t, manager);
    const {job} = trying(t, ['throw', 'done'], {name: 'script', attempts: 2, backoff: 0, at: '30 2 * * *'});
    await manager.addJob(job);
    const run = await manager.runJob('script');
    await run.result;
    const [failed, completed] = spans();
    for (const [span, attempt] of [
        [failed, 1],
        [completed, 2]
    ]) {
        assert.deepEqual([span.name, span.kind], ['process script', SpanKind.CONSUMER]);
        const {'process.pid': pid, 'process.exit.code': _code, ...attributes} = span.attributes;
        assert.ok(pid > 0);
        const isFailed = attempt === 1;
        assert.deepEqual(attributes, {
            'messaging.system.name': 'job-manager',
            'messaging.operation.name': 'run',
            'messaging.operation.type': 'process',
            'messaging.destination.name': 'script',
            'messaging.message.id': run.id,
            'faas.cron': '30 2 * * *',
            'job_manager.attempt': attempt,
            'job_manager.kind': 'offloaded',
            'job_manager.trigger': 'manual',
            'job_manager.cause': isFailed ? 'error' : 'done',
            ...(isFailed ? {'error.type': 'Error'} : {})
        });
    }
    assert.deepEqual(failed.status, {code: SpanStatusCode.ERROR, message: 'no luck 1'});
    assert.equal(failed.events[0].attributes['exception.message'], 'no luck 1');
    assert.equal(completed.status.code, SpanStatusCode.UNSET);
    // It is asked for by no span, so that each attempt is a trace of its own.
    assert.equal(parentIdOf(failed), undefined);
});

test('a scheduled run is a trace of its own, though a span has added its job', async (t) => {
    const {manager} = createManager(t);
    const {spans, tracer} = instrumented(t, manager);
    const ended = once(manager.events, 'run ended');
    await withinSpan(tracer, 'start of the host', () =>
        manager.addJob({name: 'often', job: fixture('simple.js'), at: new Date(Date.now() + 200)})
    );
    await ended;
    const [host, span] = spans();
    assert.deepEqual([host.name, span.name], ['start of the host', 'process often']);
    assert.equal(parentIdOf(span), undefined);
    assert.notEqual(span.spanContext().traceId, host.spanContext().traceId);
    assert.equal(span.attributes['faas.trigger'], 'timer');
});

test('spans of the function of an inline job are children of its span, which is a child of what added it', async (t) => {
    const {manager} = createManager(t);
    const {spans, tracer} = instrumented(t, manager);
    const job = () =>
        withinSpan(tracer, 'query', async () => {
            await new Promise(setImmediate);
        });
    await withinSpan(tracer, 'request', () => manager.addJob({name: 'inline', offloaded: false, job}));
    await manager.allSettled();
    const [request, query, span] = spans();
    assert.deepEqual([request.name, query.name, span.name], ['request', 'query', 'process inline']);
    assert.equal(parentIdOf(query), span.spanContext().spanId);
    assert.equal(parentIdOf(span), request.spanContext().spanId);
    assert.equal(span.attributes['job_manager.kind'], 'inline');
});

test('a run of a handler is a child of the span that has asked for it, in a process as well as here', async (t) => {
    const {manager} = createManager(t);
    const {spans, tracer} = instrumented(t, manager);
    await manager.defineJob({name: 'far', job: jobs('echo.js')});
    await manager.defineJob({name: 'near', job: () => withinSpan(tracer, 'query', async () => 1)});
    for (const name of ['far', 'near']) {
        await withinSpan(tracer, `asks for ${name}`, () => resultOf(manager, name, {data: 1}));
    }
    const named = Object.fromEntries(spans().map((span) => [span.name, span]));
    const idOf = (name) => named[name].spanContext().spanId;
    assert.equal(parentIdOf(named['process far']), idOf('asks for far'));
    assert.equal(parentIdOf(named['process near']), idOf('asks for near'));
    assert.equal(parentIdOf(named.query), idOf('process near'));
    assert.ok(named['process far'].attributes['process.pid'] > 0);
});

test('an inline job that fails, and a run that is cancelled, are told apart', async (t) => {
    const {manager} = createManager(t);
    const {spans} = instrumented(t, manager);
    await manager.addJob({
        name: 'fails',
        offloaded: false,
        job: async () => {
            throw Object.assign(new Error('no luck'), {code: 'E_LUCK'});
        }
    });
    await manager.allSettled().catch(() => {});
    await manager.addJob({name: 'waits', job: fixture('waits.js'), at: 'every day'});
    const started = once(manager.events, 'run online');
    const run = await manager.runJob('waits');
    await started;
    await run.cancel();
    const [failed, cancelled] = spans();
    assert.deepEqual(
        [failed.attributes['error.type'], failed.attributes['job_manager.cause'], failed.status.code],
        ['E_LUCK', 'error', SpanStatusCode.ERROR]
    );
    assert.deepEqual(
        [cancelled.attributes['job_manager.cause'], cancelled.status.code, cancelled.events.length],
        ['cancelled', SpanStatusCode.UNSET, 0]
    );
});

test('exit codes and error codes of processes are attributes', async (t) => {
    const {manager} = createManager(t);
    const {spans} = instrumented(t, manager);
    await manager.addJob({name: 'exits', job: fixture('exits.js'), data: {exitCode: 7}, at: 'every day'});
    await failureOf(await manager.runJob('exits'));
    const {attributes} = spans()[0];
    assert.deepEqual(
        [attributes['process.exit.code'], attributes['error.type'], attributes['job_manager.cause']],
        [7, 'JOB_EXIT_CODE', 'exit']
    );
});

test('durations, attempts that go and delays are measured', async (t) => {
    const {manager} = createManager(t);
    const {measured} = instrumented(t, manager);
    let open;
    const gate = new Promise((resolve) => {
        open = resolve;
    });
    await manager.defineJob({name: 'waits', job: () => gate});
    await manager.defineJob({
        name: 'fails',
        job: async () => {
            throw new TypeError('no luck');
        }
    });
    const run = await manager.runJob('waits');
    await failureOf(await manager.runJob('fails'));
    const active = async (job) => {
        const points = (await measured())['job_manager.runs.active'];
        return points.find(({attributes}) => attributes['messaging.destination.name'] === job)?.value;
    };
    assert.deepEqual([await active('waits'), await active('fails')], [1, 0]);
    open();
    await run.result;
    assert.equal(await active('waits'), 0);
    const durations = (await measured())['messaging.process.duration'];
    const shown = durations.map(({attributes, value}) => [
        attributes['messaging.destination.name'],
        attributes['error.type'],
        value.count
    ]);
    assert.deepEqual(shown.toSorted(), [
        ['fails', 'TypeError', 1],
        ['waits', undefined, 1]
    ]);
    const ended = once(manager.events, 'run ended');
    await manager.addJob({name: 'due', job: fixture('simple.js'), at: new Date(Date.now() + 100)});
    await ended;
    const [delay] = (await measured())['job_manager.start_delay'];
    assert.equal(delay.value.count, 1);
});

test('providers that the host sets later are used from then on', async (t) => {
    const {manager} = createManager(t);
    const end = instrument(manager);
    t.after(end);
    await manager.defineJob({name: 'job', job: async () => 1});
    await resultOf(manager, 'job');
    const {tracerProvider, meterProvider, spans, measured, close} = sdk();
    t.after(close);
    trace.setGlobalTracerProvider(tracerProvider);
    metrics.setGlobalMeterProvider(meterProvider);
    t.after(() => {
        trace.disable();
        metrics.disable();
    });
    await resultOf(manager, 'job');
    assert.equal(spans().length, 1);
    assert.equal((await measured())['messaging.process.duration'][0].value.count, 1);
});

test('only the manager that is instrumented is told of, until that ends; what has begun is followed to its end', async (t) => {
    const {manager} = createManager(t);
    const other = createManager(t).manager;
    const {spans, end} = instrumented(t, manager);
    let open;
    const gate = new Promise((resolve) => {
        open = resolve;
    });
    const begun = [];
    const job = async (data) => {
        begun.push(data);
        return data && gate;
    };
    for (const each of [manager, other]) {
        await each.defineJob({name: 'job', job});
    }
    await resultOf(other, 'job');
    await resultOf(manager, 'job');
    assert.equal(spans().length, 1);
    const run = await manager.runJob('job', {data: 1});
    await eventually('the run goes', () => begun.includes(1));
    end();
    await resultOf(manager, 'job');
    assert.equal(spans().length, 1);
    open();
    await run.result;
    assert.equal(spans().length, 2);
    assert.equal(manager.events.listenerCount('run online'), 0);
});

test('an exporter that throws does not end the host, and the job runs', async (t) => {
    const {manager} = createManager(t);
    const broken = () => {
        throw new Error('the exporter is broken');
    };
    const end = instrument(manager, {
        tracerProvider: {getTracer: broken},
        meterProvider: {getMeter: broken}
    });
    t.after(end);
    await manager.defineJob({name: 'near', job: async () => 1});
    await manager.defineJob({name: 'far', job: jobs('echo.js')});
    assert.equal(await resultOf(manager, 'near'), 1);
    assert.equal((await resultOf(manager, 'far', {data: 2})).data, 2);
});

test('without the package of OpenTelemetry the error says what to install', (t) => {
    const folder = temporaryFolder(t);
    const lib = path.join(__dirname, '..', '..', 'lib');
    fs.cpSync(path.join(lib, 'otel'), path.join(folder, 'otel'), {recursive: true});
    fs.copyFileSync(path.join(lib, 'otel.js'), path.join(folder, 'otel.js'));
    assert.throws(() => require(path.join(folder, 'otel.js')), {
        code: 'OTEL_API_MISSING',
        message: /npm install @opentelemetry\/api/
    });
});
