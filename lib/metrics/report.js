'use strict';

/** `jobManager.metrics()`: puts together what is counted here, natively, and by the parts of the manager. */

const {OTHER} = require('./counters');
const {Exposition, label, seconds} = require('./exposition');

/** Not `job`: that is the label of what Prometheus scrapes, and of what is pushed to a gateway. */
const JOB = 'job_name';

/**
 * @typedef {object} Facts
 * @property {string} version - of this package
 * @property {import('./counters').Counters} counters
 * @property {import('../native/binding').EngineMetrics} engine
 * @property {import('../native/binding').ManagerCounts} counts
 * @property {ReadonlyMap<string, object>} rows - what the native side knows of the jobs that have a label, by name
 * @property {boolean} hasOthers - whether jobs without a label are registered
 * @property {{length: number, running: number, outcomes: Record<string, number>}} inline - of the queue of inline jobs
 * @property {{retries: number, failures: number}} rowWrites
 * @property {number} historyDropped
 * @property {number} outputDroppedBytes
 * @property {import('../../index').ClusterInfo} [cluster] - as it was a moment ago
 */

/**
 * @param {Facts} facts
 * @param {{format: 'prometheus' | 'openmetrics', prefix: string}} options
 * @returns {string}
 */
function metricsText(facts, options) {
    const text = new Exposition(options);
    const jobs = jobsOf(facts);
    const counted = jobs.filter(({counters}) => counters !== undefined);
    addManager(text, facts);
    addRuns(text, counted);
    addTimes(text, counted, facts);
    addJobGauges(text, jobs, facts);
    addInline(text, facts);
    addProcesses(text, facts);
    addCluster(text, facts);
    addLosses(text, facts);
    return text.end();
}

/** Each job with a label, the others together at the end: `{label, counters, row}`. */
function jobsOf({counters, rows, hasOthers}) {
    const jobs = Array.from(counters.jobs, ([name, counted]) => ({
        label: label(JOB, name),
        counters: counted,
        row: rows.get(name)
    }));
    // In the order of their names, so that two texts can be compared.
    jobs.sort((one, other) => (one.label < other.label ? -1 : 1));
    if (counters.other !== undefined || hasOthers) {
        jobs.push({label: label(JOB, OTHER), counters: counters.other, isOther: true});
    }
    return jobs;
}

/** A sample for each job of which something has been counted; `value` gets its counters. */
const ofEach = (jobs, value) => jobs.map(({label: job, counters}) => [job, value(counters)]);

/** A sample for each job and each of `keys`, which becomes the label `name`. */
function ofEachBy(jobs, name, keys, value) {
    const labels = keys.map((key) => [key, label(name, key)]);
    return jobs.flatMap(({label: job, counters}) =>
        labels.map(([key, own]) => [`${job},${own}`, value(counters, key)])
    );
}

const OUTCOMES = ['completed', 'failed', 'cancelled'];
/** What has ended is kept for a while only: its number says nothing. */
const QUEUE_STATES = new Set(['waiting', 'prioritized', 'delayed', 'active']);
const REASONS = ['overlap', 'missed', 'paused'];

function addManager(text, {version, engine}) {
    const {version: node} = process;
    text.gauge('info', 'The version of the package, and of Node.js.', [
        [`${label('version', version)},${label('node', node)}`, 1]
    ]);
    text.gauge(
        'jobs',
        'Registered jobs, by where they run and their state.',
        engine.jobs.map(({isInline, state, count}) => [
            `${label('kind', isInline ? 'inline' : 'offloaded')},${label('state', state)}`,
            count
        ])
    );
}

function addRuns(text, jobs) {
    text.counter(
        'runs',
        'Runs that have ended, by outcome.',
        ofEachBy(jobs, 'outcome', OUTCOMES, (counters, outcome) => counters[outcome])
    );
    text.counter(
        'run_failures',
        'Runs that have failed for good, by cause.',
        ofEachBy(jobs, 'cause', causesOf(jobs), ({causes}, cause) => causes.get(cause))
    );
    text.counter(
        'retries',
        'Failed attempts that another one follows.',
        ofEach(jobs, ({retries}) => retries)
    );
    text.counter(
        'skipped',
        'Due times that got no run, by reason.',
        ofEachBy(jobs, 'reason', REASONS, ({skipped}, reason) => skipped[reason])
    );
}

/** Why runs of any job have failed. */
const causesOf = (jobs) => [...new Set(jobs.flatMap(({counters}) => [...counters.causes.keys()]))].toSorted();

function addTimes(text, jobs, {counters, engine}) {
    text.histogram(
        'run_duration_seconds',
        'How long the last attempts of runs took, from the request for a process to the end.',
        ofEach(jobs, ({durations}) => durations)
    );
    text.histogram(
        'start_delay_seconds',
        'From the time at which a run was due, or asked for, to the first line of the job.',
        [
            [label('kind', 'offloaded'), engine.startDelays],
            [label('kind', 'inline'), counters.startDelays]
        ]
    );
    text.counter(
        'run_cpu_seconds',
        'Processor time of runs that had a process of their own.',
        ofEach(jobs, ({cpuMs}) => seconds(cpuMs))
    );
}

function addJobGauges(text, jobs, {counts}) {
    const own = jobs.filter(({isOther}) => !isOther);
    const gauge = (name, help, value) => text.gauge(name, help, ofEach(own, value));
    const registered = own.filter(({row}) => row !== undefined);
    const ofRow = (name, help, value) =>
        text.gauge(
            name,
            help,
            registered.map(({label: job, row}) => [job, value(row)])
        );
    gauge(
        'run_peak_memory_bytes',
        'The most memory of the process of the last run.',
        ({peakMemoryBytes}) => peakMemoryBytes
    );
    const active = registered.map(({label: job, row}) => [job, row.running]);
    if (own.length < jobs.length) {
        const labelled = active.reduce((sum, [, running]) => sum + running, 0);
        active.push([jobs.at(-1).label, Math.max(0, counts.running - labelled)]);
    }
    text.gauge('runs_active', 'Runs that go.', active);
    text.gauge('runs_waiting', 'Runs that wait for their turn, their time or their process.', [
        ['', counts.waiting]
    ]);
    text.gauge('retries_waiting', 'Runs that wait for their next attempt.', [['', counts.retrying]]);
    gauge('last_run_timestamp_seconds', 'When the last run ended.', ({lastMs}) => time(lastMs));
    gauge('last_success_timestamp_seconds', 'When a run last completed.', ({lastSuccessMs}) =>
        time(lastSuccessMs)
    );
    gauge('last_failure_timestamp_seconds', 'When a run last failed for good.', ({lastFailureMs}) =>
        time(lastFailureMs)
    );
    ofRow('next_due_timestamp_seconds', 'When the job is due next.', ({dueMs}) => time(dueMs));
    gauge('last_run_success', 'Whether the last run that was not cancelled completed.', lastSuccess);
    ofRow('job_paused', 'Whether the job is paused.', ({pausedSinceMs}) =>
        pausedSinceMs === undefined ? 0 : 1
    );
}

const time = (ms) => (ms === undefined ? undefined : ms / 1_000);

function lastSuccess({lastSuccessMs, lastFailureMs}) {
    if (lastSuccessMs === undefined && lastFailureMs === undefined) {
        return undefined;
    }
    return (lastSuccessMs ?? -Infinity) >= (lastFailureMs ?? -Infinity) ? 1 : 0;
}

function addInline(text, {inline}) {
    text.gauge('inline_queue_length', 'Inline jobs that wait for others to end.', [['', inline.length]]);
    text.gauge('inline_running', 'Inline jobs that have begun and not ended.', [['', inline.running]]);
    text.counter(
        'inline_jobs',
        'Functions that have left the queue of inline jobs, by outcome.',
        OUTCOMES.map((outcome) => [label('outcome', outcome), inline.outcomes[outcome]])
    );
}

function addProcesses(text, {counts, engine}) {
    text.gauge(
        'worker_processes',
        'Processes, by what they do.',
        ['running', 'spare', 'kept', 'booting', 'stopping'].map((state) => [
            label('state', state),
            counts.processes[state]
        ])
    );
    text.histogram('worker_boot_seconds', 'From the request for a process until it was ready.', [
        ['', engine.boots]
    ]);
    text.counter(
        'spawn_failures',
        'Processes that could not be started, or ended before they reached a job, by code.',
        engine.failedStarts.map(({code, count}) => [label('code', code), count])
    );
}

/** Each host has the same of these: of the whole cluster. */
function addCluster(text, {cluster}) {
    if (cluster === undefined) {
        return;
    }
    const {hosts, queue} = cluster;
    const states = Object.entries(queue).filter(([state]) => QUEUE_STATES.has(state));
    // A table has no queue, and knows only hosts that have a run.
    if (states.length > 0) {
        text.gauge('cluster_hosts', 'Hosts of the cluster; the same on each of them.', [['', hosts.length]]);
        text.gauge(
            'cluster_queue_runs',
            'Runs in the queue of the cluster, by state; the same on each host.',
            states.map(([state, count]) => [label('state', state), count])
        );
    }
}

function addLosses(text, {rowWrites, historyDropped, outputDroppedBytes, counters}) {
    const one = (name, help, value) => text.counter(name, help, [['', value]]);
    one('row_write_retries', 'Calls of the JobModel that were made again.', rowWrites.retries);
    one('row_write_failures', 'Status rows that could not be written.', rowWrites.failures);
    one('history_dropped', 'Ended runs that the history gave up for want of room.', historyDropped);
    one('output_dropped_bytes', 'Output of runs that was not kept.', outputDroppedBytes);
    one('checkin_failures', 'Check-ins that a service did not take.', counters.checkInFailures);
}

module.exports = {metricsText};
