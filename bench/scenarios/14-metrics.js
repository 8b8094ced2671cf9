'use strict';

/** What counting costs each run, and how long the text of many jobs takes. */

const path = require('node:path');

const COUNTED = {
    unit: 'µs',
    params: {what: 'counted', count: 1_000_000},
    tiny: {what: 'counted', count: 10}
};

const text = (jobs, goal) => ({
    name: `text of ${jobs.toLocaleString('en-US')} jobs`,
    unit: 'ms',
    goal,
    params: {what: 'text', count: jobs, maxJobs: jobs},
    tiny: {what: 'text', count: 2, maxJobs: 2}
});

module.exports = {
    name: 'metrics',
    measurements: [
        {...COUNTED, name: 'counting a run', goal: {atMost: 2}},
        text(200, {atMost: 10}),
        text(1_000),
        {
            name: 'text of 200 jobs beside 10,000 others',
            unit: 'ms',
            params: {what: 'text', count: 10_200, maxJobs: 200},
            tiny: {what: 'text', count: 4, maxJobs: 2}
        }
    ],

    run({load, params: {what, count, maxJobs}}) {
        return what === 'counted' ? countedUs(count) : textMs(load(), count, maxJobs);
    }
};

/** The events of runs of scripts, as the native side gives them. */
function countedUs(count) {
    const {Counters} = require(path.join(__dirname, '../../lib/metrics/counters'));
    const counters = new Counters({}, console);
    const events = Array.from({length: 100}, (_, index) => ({
        name: `job-${index}`,
        startedMs: 1,
        atMs: 2,
        attempt: 1,
        ending: {cause: 'done', elapsedMs: index * 10, cpuMs: index, peakMemoryBytes: 50_000_000}
    }));
    const outcome = {state: 'completed', cause: 'done'};
    const startedMs = performance.now();
    for (let index = 0; index < count; index += 1) {
        counters.ended(events[index % events.length], outcome, undefined);
    }
    return ((performance.now() - startedMs) * 1_000) / count;
}

/** The first text that a host is asked for, which compiles what makes it. */
async function textMs(JobManager, count, maxJobs) {
    const logger = {info() {}, warn() {}, error() {}};
    const jobManager = new JobManager({logger, metrics: {maxJobs}});
    for (let index = 0; index < count; index += 1) {
        await jobManager.defineJob({name: `job-${index}`, job: async () => {}, at: 'every day at 03:00'});
    }
    // Processor time: the event loop of the host has to do without so much of it.
    const before = process.cpuUsage();
    jobManager.metrics();
    const {user, system} = process.cpuUsage(before);
    await jobManager.shutdown();
    return (user + system) / 1_000;
}
