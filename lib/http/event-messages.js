'use strict';

/** What the event stream tells of the events of a job manager. */

/** Events that only clients with `output=1` are told of. */
const OF_OUTPUT = new Set(['run log', 'run output']);

/** Hosts, queue or runs of the cluster have changed. The only event that is none of the manager's. */
const OF_CLUSTER = 'cluster changed';

/** @param {ReturnType<import('./shown').createShown>} shown */
function messagesOf(shown) {
    const ofJob = ({job, ...more}) => ({job: job.name, data: {job: shown.job(job), ...more}});
    const ofRun = ({run, error: _error, result: _result, ...more}) => ({
        job: run.job,
        runId: run.id,
        data: {run: shown.runInList(run), ...more}
    });
    return {
        'job added': ofJob,
        'job removed': ofJob,
        'job paused': ofJob,
        'job resumed': ofJob,
        'all paused': (data) => ({data}),
        'all resumed': (data) => ({data}),
        'run queued': ofRun,
        'run started': ofRun,
        'run online': ofRun,
        'run progress': (data) => ({job: data.job, runId: data.runId, data}),
        'run log': ({line, ...data}) => ({
            job: data.job,
            runId: data.runId,
            data: {...data, line: shown.logLine(line)}
        }),
        'run output': (data) => ({job: data.job, runId: data.runId, data}),
        'attempt failed': ofRun,
        'run ended': ofRun,
        'run skipped': (data) => ({job: data.job, data}),
        'run slow': ofRun,
        'run late': ofRun
    };
}

module.exports = {OF_CLUSTER, OF_OUTPUT, messagesOf};
