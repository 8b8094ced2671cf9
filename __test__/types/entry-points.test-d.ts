// Checked by the compiler, never run: the entry points for tracing and for check-ins.

import JobManager = require('../../index.js');
import {CheckInService, checkIns, cronitor, healthchecks, sentry} from '../../lib/check-ins';
import {instrument} from '../../lib/otel';

function traced(manager: JobManager): void {
    const end: () => void = instrument(manager);
    end();
    using instrumentation = instrument(manager, {tracerProvider: undefined});
    void instrumentation;
    // @ts-expect-error no such option
    instrument(manager, {tracer: undefined});
}

function watched(manager: JobManager): void {
    const own: CheckInService = {
        service: 'ours',
        async checkIn({kind, name, run, rid, output, signal}) {
            const text: string = `${kind} ${name} ${run?.state} ${rid} ${output?.().length}`;
            void [text, signal.aborted];
        }
    };
    const Sentry = {captureCheckIn: () => 'id'};
    const end: () => void = checkIns(manager, {
        jobs: {
            backup: healthchecks({url: 'https://hc-ping.com/uuid', output: false}),
            report: [
                cronitor({key: 'report', env: 'production'}),
                sentry(Sentry, {slug: 'report', checkinMargin: 5})
            ],
            clean: own
        }
    });
    end();
    manager.events.on('check-in failed', ({job, service, error}) => void [job, service, error]);
    // @ts-expect-error an address is needed
    healthchecks({});
    // @ts-expect-error no service
    checkIns(manager, {jobs: {backup: 'https://hc-ping.com/uuid'}});
}

void [traced, watched];
