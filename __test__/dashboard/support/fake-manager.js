'use strict';

const {EventEmitter} = require('node:events');

/** Sunday: the day before has its clocks put back in London. */
const NOW = new Date('2026-10-25T12:00:00Z');
const MINUTE_MS = 60_000;

/** What a job manager shows, made up: every state, and any text. Only what is read of one is here. */
class FakeManager {
    /** Due every `at.everyMs` from `from` on. */
    static nextRuns(at, {from, count}) {
        const everyMs = Number(/\d+/.exec(at)?.[0] ?? 60) * MINUTE_MS;
        return Array.from({length: count}, (_, index) => new Date(Number(from) + everyMs * (index + 1)));
    }

    /** @param {{cluster?: object, clusterRuns?: object[]}} [more] - in a cluster: what it is, and runs that only it knows */
    constructor({
        jobs = [],
        runs = [],
        outputs = {},
        warnings = [],
        stats = {},
        data,
        cluster,
        clusterRuns = []
    } = {}) {
        this.events = new EventEmitter();
        this.bree = {config: {jobs: data ?? [], logger: {info() {}, warn() {}, error() {}}}};
        this.allJobs = jobs;
        this.allRuns = runs;
        this.outputs = outputs;
        this.allWarnings = warnings;
        this.moreStats = stats;
        this.cluster = cluster;
        this.clusterRuns = clusterRuns;
        this.cancelled = [];
    }

    async clusterInfo() {
        return this.cluster;
    }

    async clusterRun(id) {
        return this.clusterRuns.find((run) => run.id === id);
    }

    async cancelRun(id) {
        this.cancelled.push(id);
        return {...this.clusterRuns.find((run) => run.id === id), state: 'stopping'};
    }

    metrics() {
        return '';
    }

    jobs({name, state, tag, after, limit = 100, sort = 'name'} = {}) {
        const order = {
            name: (one, other) => (one.name < other.name ? -1 : 1),
            due: (one, other) => one.next - other.next,
            lastRun: (one, other) => other.last?.ended - one.last?.ended
        }[sort];
        const all = this.allJobs
            .filter((job) => sort !== 'due' || job.next !== undefined)
            .filter((job) => name === undefined || job.name.includes(name))
            .filter((job) => state === undefined || job.state === state)
            .filter((job) => tag === undefined || job.tags.includes(tag))
            .toSorted(order);
        const from = after === undefined ? 0 : all.findIndex((job) => job.name === after) + 1;
        return all.slice(from, from + limit);
    }

    job(name) {
        return this.allJobs.find((job) => job.name === name);
    }

    runs({job, state, before, limit = 100} = {}) {
        const all = this.allRuns
            .filter((run) => job === undefined || run.job === job)
            .filter((run) => state === undefined || run.state === state);
        const from = before === undefined ? 0 : all.findIndex((run) => run.id === before) + 1;
        return all.slice(from, from + limit);
    }

    run(id) {
        return this.allRuns.find((run) => run.id === id);
    }

    upcoming({from, to, limit = 1_000} = {}) {
        return this.allJobs
            .filter(({next}) => next >= from && next < to)
            .map(({name, next}) => ({job: name, due: next}))
            .slice(0, limit);
    }

    output(id) {
        return this.outputs[id];
    }

    warnings() {
        return this.allWarnings;
    }

    stats() {
        const count = (state) => this.allRuns.filter((run) => run.state === state).length;
        return {
            instance: '1a2b3c4d',
            host: 'machine',
            pid: 4242,
            version: '5.0.0',
            since: new Date(NOW - 3_600_000),
            state: 'open',
            jobs: this.allJobs.length,
            running: count('running'),
            waiting: count('queued'),
            retrying: count('retrying'),
            paused: this.allJobs.filter(({state}) => state === 'paused').length,
            inline: {waiting: 0, running: 0},
            processes: {running: 1, spare: 1, kept: 1, booting: 1},
            rowsPending: 0,
            historyRuns: this.allRuns.length,
            outputBytes: 0,
            ...this.moreStats
        };
    }
}

const NO_TOTALS = {
    completed: 0,
    failed: 0,
    cancelled: 0,
    retries: 0,
    skipped: {overlap: 0, missed: 0, paused: 0}
};

/** @returns {import('../../../index').JobInfo} */
const fakeJob = (name, more = {}) => ({
    name,
    kind: 'offloaded',
    state: 'armed',
    tags: [],
    source: '/srv/jobs/job.js',
    schedule: {at: 'every 60 minutes', text: 'every 60 minutes', timezone: 'UTC'},
    next: new Date(NOW.getTime() + 10 * MINUTE_MS),
    running: 0,
    waiting: 0,
    failuresInARow: 0,
    totals: NO_TOTALS,
    options: {},
    oneOff: false,
    ...more
});

/** @returns {import('../../../index').RunInfo} that began a minute ago and took a second */
const fakeRun = (id, job, state, more = {}) => {
    const hasEnded = ['completed', 'failed', 'cancelled'].includes(state);
    const hasStarted = hasEnded || ['running', 'stopping', 'retrying'].includes(state);
    return {
        id,
        job,
        state,
        trigger: 'schedule',
        queued: new Date(NOW - MINUTE_MS),
        started: hasStarted ? new Date(NOW - MINUTE_MS + 20) : undefined,
        online: hasStarted ? new Date(NOW - MINUTE_MS + 60) : undefined,
        ended: hasEnded ? new Date(NOW - MINUTE_MS + 1_060) : undefined,
        attempt: 1,
        attempts: 1,
        history: [],
        elapsedMs: hasEnded ? 1_040 : undefined,
        cause: hasEnded ? 'done' : undefined,
        ...more
    };
};

/** Three hosts; this one is the second. @returns {import('../../../index').ClusterInfo} */
const fakeCluster = (more = {}) => ({
    hosts: [
        {id: 'aaaa1111', hostname: 'web-1', pid: 101, since: NOW - 7_200_000, seen: NOW - 9_000},
        {id: '1a2b3c4d', hostname: 'machine', pid: 4242, since: NOW - 3_600_000, seen: NOW - 2_000},
        {id: 'cccc3333', hostname: 'web-3', pid: 303, since: NOW - 60_000, seen: NOW - 20_000}
    ],
    queue: {waiting: 5, prioritized: 7, delayed: 1, active: 3, completed: 1_000, failed: 2},
    running: [
        {id: 'aaaa1111-q7', job: 'resize', host: 'aaaa1111', since: NOW - 5_000},
        {id: '1a2b3c4d-1', job: 'backup', host: '1a2b3c4d', since: NOW - 4_000},
        {id: 'backup@2026-10-25T11:59:00.000Z', job: 'backup', host: 'cccc3333', since: NOW - 3_000}
    ],
    ...more
});

module.exports = {FakeManager, MINUTE_MS, NOW, fakeCluster, fakeJob, fakeRun};
