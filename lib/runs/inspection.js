'use strict';

/** What a host can see of its jobs and runs. Snapshots: nothing here changes anything, or waits for anything. */

const os = require('node:os');
const {jobInfo} = require('./job-info');

const DAY_MS = 24 * 60 * 60 * 1000;
const DEFAULT_LIMIT = 100;
const DEFAULT_UPCOMING = 1_000;
const LIVE_STATES = new Set(['queued', 'running', 'stopping', 'retrying']);
const ENDED_STATES = new Set(['completed', 'failed', 'cancelled']);
/** Of runs that an earlier host has left in the store. */
const WAITING_STATES = new Set(['waiting', 'retrying']);

class Inspection {
    #native;
    #announcements;
    #logger;
    #jobs;
    #runs;
    #manager;
    #kept;

    /**
     * @param {object} parts
     * @param {import('../native/binding').NativeManager} parts.native
     * @param {import('./run-announcements').RunAnnouncements} parts.announcements
     * @param {object} parts.logger
     * @param {import('../jobs/registered-jobs').RegisteredJobs} parts.jobs
     * @param {import('./runs').Runs} parts.runs
     * @param {import('../store/kept-runs').KeptRuns} parts.kept
     * @param {object} parts.manager - `instance`, `version`, `sinceMs`, `inline`, `rowsPending()`, `state()`
     */
    constructor({native, announcements, logger, jobs, runs, kept, manager}) {
        this.#kept = kept;
        this.#announcements = announcements;
        this.#logger = logger;
        this.#manager = manager;
        this.#native = native;
        this.#jobs = jobs;
        this.#runs = runs;
    }

    /** @param {import('../../index').JobFilter} [filter] - checked */
    jobs(filter = {}) {
        const {sort = 'name', limit = DEFAULT_LIMIT} = filter;
        const rows = sort === 'lastRun' ? this.#byLastRun(filter, limit) : this.#page(filter, limit).rows;
        return rows.map((row) => this.#info(row));
    }

    /** @param {string} name */
    job(name) {
        const [row] = rowsOf(this.#native.jobsNamed([name]));
        return row && this.#info(row);
    }

    /** @param {string[]} names @returns {object[]} what the native side knows of those that are registered */
    rowsOf(names) {
        return rowsOf(this.#native.jobsNamed(names));
    }

    /** A job was registered. */
    added({name}) {
        this.#announcements.jobAdded(() => this.job(name));
    }

    /** A job is about to be forgotten. */
    removed({name}) {
        this.#announcements.jobRemoved(() => this.job(name));
    }

    /** The event 'jobPaused'. */
    paused(registered, {by, note}) {
        if (registered === undefined) {
            return;
        }
        const {name, job} = registered;
        if (by === 'failures') {
            this.#logger.warn(
                `Job "${name}" has been paused: ${job.pauseAfterFailures} runs in a row have failed ("pauseAfterFailures"). ` +
                    `resumeJob("${name}") ends the pause`
            );
        } else {
            this.#logger.info(`Job "${name}" has been paused${note === undefined ? '' : `: ${note}`}`);
        }
        this.#announcements.jobPaused(() => this.job(name), {by, note});
    }

    /** The event 'jobResumed'. */
    resumed(registered) {
        if (registered !== undefined) {
            this.#logger.info(`Job "${registered.name}" goes on`);
            this.#announcements.jobResumed(() => this.job(registered.name));
        }
    }

    /** @param {import('../../index').RunFilter} [filter] - checked */
    runs({job, state, before, limit = DEFAULT_LIMIT} = {}) {
        // Read first: a run may leave the store for this host in between, and none goes the other way.
        const inStore = this.#keptRuns({job, state, before, limit});
        const own = this.#ownRuns({job, state, before, limit});
        // Of a run that an earlier host has left, the event that tells its id may wait.
        const shown = new Set(own.map(({id}) => id));
        const kept = inStore.filter(({id}) => !shown.has(id));
        if (kept.length === 0) {
            return own;
        }
        // The sort is stable: runs of this host come before those of the same millisecond that only the store has.
        return [...own, ...kept].toSorted((one, other) => other.queued - one.queued).slice(0, limit);
    }

    /** Runs that this host has in memory, the newest first. */
    #ownRuns({job, state, before, limit}) {
        const beforeNumber = before === undefined ? undefined : this.#runs.numberOf(before);
        // A run that only the store has is older than all that go.
        const untilMs =
            before === undefined || beforeNumber !== undefined ? Infinity : this.#queuedMsOf(before);
        const wantsLive = (state === undefined || LIVE_STATES.has(state)) && untilMs === Infinity;
        const wantsEnded = state === undefined || !LIVE_STATES.has(state);
        const live = wantsLive ? this.#runs.live({job, state, before: beforeNumber, limit}) : [];
        const ended = wantsEnded ? this.#runs.history.list({job}) : [];
        const isMeant = (run) =>
            (state === undefined || run.state === state) &&
            (beforeNumber === undefined || run.number < beforeNumber) &&
            (untilMs === Infinity || run.info().queued < untilMs);
        return [...live, ...ended.filter(isMeant)]
            .toSorted((one, other) => other.number - one.number)
            .slice(0, limit)
            .map((run) => run.info());
    }

    /** Runs that only the store has, the newest first. */
    #keptRuns({job, state, before, limit}) {
        const beforeRun = before === undefined ? undefined : this.#kept.get(before);
        const beforeKey = beforeRun?.key;
        const untilMs = before === undefined || beforeRun ? undefined : this.#queuedMsOf(before);
        const list = (isWaiting) => this.#kept.list({job, state, isWaiting, untilMs, beforeKey, limit});
        const ended = state === undefined || ENDED_STATES.has(state) ? list(false) : [];
        const waiting = state === undefined || WAITING_STATES.has(state) ? list(true) : [];
        const kept = [...ended, ...waiting];
        if (kept.length === 0) {
            return kept;
        }
        const inMemory = new Set(this.#runs.history.list({job}).map(({id}) => id));
        return kept
            .toSorted((one, other) => other.key - one.key)
            .filter(({id}) => !inMemory.has(id) && !this.#runs.isKnown(id))
            .map((run) => run.info());
    }

    #queuedMsOf(id) {
        return this.#runs.queuedMsOf(id) ?? Infinity;
    }

    /** @param {{from?: Date | number, to?: Date | number, limit?: number}} [range] - checked */
    upcoming({from = Date.now(), to = Number(from) + DAY_MS, limit = DEFAULT_UPCOMING} = {}) {
        const {names, jobs, dueMs} = this.#native.upcoming(Number(from), Number(to), limit);
        return Array.from(jobs, (place, index) =>
            Object.freeze({job: names[place], due: new Date(dueMs[index])})
        );
    }

    /** @returns {import('../../index').ManagerStats} */
    stats() {
        const {running, waiting, retrying, paused, jobs, processes, ...output} = this.#native.counts();
        const {instance, inline, sinceMs, rowsPending, state} = this.#manager;
        return Object.freeze({
            instance,
            host: os.hostname(),
            pid: process.pid,
            version: this.#manager.version,
            since: new Date(sinceMs),
            state: state(),
            jobs,
            running,
            waiting,
            retrying,
            paused,
            inline: Object.freeze({waiting: inline.length, running: inline.running}),
            processes: Object.freeze(processes),
            rowsPending: rowsPending(),
            historyRuns: this.#runs.history.size,
            outputBytes: output.outputBytes,
            outputDroppedBytes: output.outputDroppedBytes
        });
    }

    #info(row) {
        const registered = this.#jobs.registered(row.name, row.registration);
        const last = registered?.totals?.last ?? (registered?.handler && this.#kept.last(row.name));
        return jobInfo(row, registered, last?.info());
    }

    /** @returns {{rows: object[], hasMore: boolean}} jobs by name or by their next due time */
    #page({name: text, state, tag, after, sort}, limit) {
        const afterDueMs = sort === 'due' && after !== undefined ? this.#dueOf(after) : undefined;
        const page = this.#native.jobsPage({text, state, tag, after, afterDueMs, limit, sort});
        return {rows: rowsOf(page), hasMore: page.hasMore};
    }

    #dueOf(name) {
        const [row] = rowsOf(this.#native.jobsNamed([name]));
        return row?.dueMs;
    }

    /** The job that was run last first; then those that have not been run, by name. */
    #byLastRun(filter, limit) {
        const {after} = filter;
        const ran = this.#jobs.ran();
        const place = after === undefined ? -1 : ran.indexOf(after);
        const isAmongRan = after === undefined || place !== -1;
        const rows = isAmongRan ? this.#named(ran.slice(place + 1), filter, limit) : [];
        const others = new Set(ran);
        let cursor = isAmongRan ? undefined : after;
        let hasMore = true;
        while (rows.length < limit && hasMore) {
            const page = this.#page({...filter, after: cursor, sort: 'name'}, limit);
            rows.push(...page.rows.filter(({name}) => !others.has(name)).slice(0, limit - rows.length));
            cursor = page.rows.at(-1)?.name;
            hasMore = page.hasMore;
        }
        return rows;
    }

    #named(names, {name: text = '', state, tag}, limit) {
        const rows = [];
        for (let start = 0; start < names.length && rows.length < limit; start += limit) {
            const chunk = rowsOf(this.#native.jobsNamed(names.slice(start, start + limit)));
            rows.push(
                ...chunk.filter(
                    (row) =>
                        (state === undefined || row.state === state) &&
                        row.name.toLowerCase().includes(text.toLowerCase()) &&
                        (tag === undefined || this.#hasTag(row, tag))
                )
            );
        }
        return rows.slice(0, limit);
    }

    #hasTag({name, registration}, tag) {
        return Boolean(this.#jobs.registered(name, registration)?.job.tags?.includes(tag));
    }
}

const known = (ms) => (Number.isNaN(ms) ? undefined : ms);

/** The rows of a page, whose columns belong together by index. */
function rowsOf(page) {
    return page.names.map((name, index) => ({
        name,
        registration: page.registrations[index],
        state: page.states[index],
        dueMs: known(page.dueMs[index]),
        retryAtMs: known(page.retryAtMs[index]),
        running: page.running[index],
        waiting: page.waiting[index],
        retrying: page.retrying[index],
        pausedSinceMs: known(page.pausedSinceMs[index]),
        pausedBy: page.pausedBy[index],
        pauseNote: page.pauseNotes[index] || undefined,
        failuresInARow: page.failuresInARow[index],
        skipped: {
            overlap: page.skippedOverlap[index],
            missed: page.skippedMissed[index],
            paused: page.skippedPaused[index]
        }
    }));
}

module.exports = {Inspection};
