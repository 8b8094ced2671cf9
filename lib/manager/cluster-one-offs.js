'use strict';

const {within} = require('../host/deadline');
const {JobError, isForOtherHosts} = require('../host/errors');
const {safely} = require('../host/safe-call');
const {encode} = require('../wire/compact');
const {OneOffWatch} = require('./one-off-watch');

/** Ends that say nothing about the job: the manager that asked is closed, or the queue does not know the run (see `OneOffWatch`). */
const NO_OUTCOMES = new Set(['MANAGER_SHUT_DOWN', 'RUN_UNKNOWN']);

/**
 * @typedef {object} OneOffRun - the run of a one-off job that this host has been given last
 * @property {string} id
 * @property {'here' | 'back' | 'lost' | 'ended'} state - 'here': this host decides how it ends; 'back': it is given back; 'lost':
 *   another host decides; 'ended'
 */

/**
 * One-off jobs of a cluster: the row is claimed by one host, and its run goes to any that has the job. Who has the run writes the row,
 * as long as its lease lasts.
 */
class ClusterOneOffs {
    #parts;
    #cluster;
    /** @type {Map<string, OneOffRun>} by job */
    #runs = new Map();
    /** Ends that have not been handed on: they wait for their row. */
    #ending = new Set();
    #watch;
    /** Runs of jobs that this host has claimed, until they have ended. */
    #asked = new Map();

    /**
     * @param {object} parts - of the manager (lib/manager/parts.js)
     * @param {object} cluster
     * @param {object} cluster.member - the adapter
     * @param {(given: object) => void} cluster.begin - begins a run on this host
     * @param {(name: string, id: string, isReported: boolean) => Error} cluster.lossOf - the error of a run whose host was lost
     */
    constructor(parts, cluster) {
        this.#parts = parts;
        this.#cluster = cluster;
        this.#watch = new OneOffWatch({
            lookMs: () => this.#member.lookMs,
            isHere: (name) => this.#runs.get(name)?.state === 'here',
            runOf: (name) => this.#member.oneOffState(name),
            statusOf: (name) => parts.oneOffs.statusOf(name),
            act: (job, verdict, look) => this.#act(job, verdict, look)
        });
    }

    /** Whether the host that has claimed a job is notified of its end, also where another one had it. */
    get areAnswered() {
        return this.#cluster.member.request !== undefined;
    }

    /** @throws what makes a job one that the cluster cannot carry. Called before its row is claimed */
    check(job) {
        const {member} = this.#cluster;
        this.#parts.jobs.check(job);
        member.check?.(job.name, {});
        if (this.areAnswered && job.data !== undefined) {
            encode(job.data);
        }
    }

    /** This host has claimed the row: the run goes to any host that has the job. */
    async claimed(job) {
        this.#forget(job.name);
        this.#parts.jobs.offer(job);
        await this.#ask(job);
        this.#watch.add(job);
    }

    /** Another host has claimed the row: this one may be given the run. */
    async refused(job) {
        const status = await this.#parts.oneOffs.statusOf(job.name);
        if (status === 'finished' || this.#parts.lifecycle.state !== 'open') {
            return;
        }
        try {
            this.#parts.jobs.offer(job);
        } catch (error) {
            if (error.code !== 'JOB_DUPLICATE_NAME') {
                throw error;
            }
            // It has the run meanwhile.
        }
        this.#watch.add(job);
        if (status !== 'failed') {
            // Else another host is about to claim it.
            void this.#watch.look(job);
        }
    }

    /** @returns {object | undefined} the run that this host has asked for, as a handle */
    asked(name) {
        return this.#asked.get(name);
    }

    /** Whether a run of the job is to be expected, here or elsewhere. */
    isComing(name) {
        return this.#watch.has(name);
    }

    /**
     * The adapter gives this host a run. `loss` is `onHostLoss` of the job if a host that had it was lost.
     *
     * @throws {Error} with a code, if it cannot begin here
     */
    async begin({loss, ...given}) {
        const {name, id} = given;
        const {jobs, outcomes} = this.#parts;
        if (!jobs.get(name)?.isOneOff) {
            throw Object.assign(new Error(`One-off job "${name}" is not registered`), {code: 'JOB_UNKNOWN'});
        }
        const status = await this.#taken(name);
        if (status === 'finished') {
            // Its host died before what carries the cluster was notified.
            return this.#member.ended(id, {kind: 'completed', read: () => undefined});
        }
        this.#runs.set(name, {id, state: 'here'});
        if (loss === 'fail' || (loss === 'redo' && status === 'failed')) {
            return this.#track(this.#lost(name, id, status));
        }
        try {
            this.#cluster.begin(given);
        } catch (error) {
            if (isForOtherHosts(error)) {
                this.#runs.delete(name);
                throw error;
            }
            outcomes.failed(error, {name, runId: id}, {isRequested: false});
            this.#track(this.#finish(name, this.#runs.get(name), {kind: 'failed', error}));
        }
    }

    /** @returns {Promise<string | undefined>} the status of the row of a job that this host is given */
    async #taken(name) {
        try {
            return await this.#parts.oneOffs.taken(name);
        } catch (error) {
            // Another host may reach the database.
            this.#parts.outcomes.databaseFailed(error, name);
            throw Object.assign(
                new Error(`The row of one-off job "${name}" cannot be read`, {cause: error}),
                {
                    code: 'JOB_UNKNOWN'
                }
            );
        }
    }

    /** Whether the run of that id is one of these, and this host has it. */
    has(id) {
        return [...this.#runs.values()].some((run) => run.id === id && run.state !== 'ended');
    }

    /**
     * A run of this host has ended. What carries the cluster is notified once the row is written: if this host dies before, another one
     * finds the run lost, and looks at the row.
     *
     * @param {string} id
     * @param {{kind: 'completed' | 'failed' | 'back' | 'lost'}} end
     */
    ended(id, end) {
        const [name, run] = [...this.#runs].find(([, one]) => one.id === id);
        if (end.kind === 'lost') {
            run.state = 'lost';
            this.#member.ended(id, end);
            return;
        }
        if (end.kind === 'back') {
            run.state = 'back';
        }
        this.#track(this.#finish(name, run, end));
    }

    /** An inline run has thrown, or is dropped by a shutdown: then another host may have it. */
    inlineFailed(name, {code}) {
        const run = this.#runs.get(name);
        if (run?.state === 'here' && code === 'JOB_CANCELLED' && this.#parts.lifecycle.state !== 'open') {
            run.state = 'back';
        }
    }

    /** @returns {Promise<boolean>} whether this host may write the row of a job now */
    async mayWrite(name) {
        const run = this.#runs.get(name);
        if (run?.state === 'here' && !(await this.#member.confirm(run.id))) {
            run.state = 'lost';
        }
        return run === undefined || run.state === 'here' || run.state === 'ended';
    }

    /** A run was cancelled before any host had it. */
    cancelled(name) {
        this.#forget(name);
        return this.#parts.outcomes.writeStatus(name, {status: 'failed'});
    }

    /** What has ended is handed on; what has not is given back. */
    async close(limitMs) {
        await within(Promise.all(this.#ending), limitMs);
        for (const run of this.#runs.values()) {
            // A function that goes on regardless decides nothing any more.
            run.state = run.state === 'ended' ? 'ended' : 'lost';
        }
        this.#watch.close();
    }

    /** A later claim counts from now on. */
    #forget(name) {
        if (this.#runs.get(name)?.state !== 'here') {
            this.#runs.delete(name);
        }
    }

    get #member() {
        return this.#cluster.member;
    }

    async #ask({name, data, priority}) {
        const run = await this.#member.oneOff(name, {data, priority});
        if (run !== undefined) {
            this.#asked.set(name, run);
            run.result.then(
                (result) => this.#answered(name, run, {result}),
                (error) => this.#answered(name, run, {error})
            );
        }
    }

    /** The run that this host has asked for has ended, on any host. */
    #answered(name, run, {error, result}) {
        if (this.#asked.get(name) === run) {
            this.#asked.delete(name);
        }
        const here = this.#runs.get(name);
        const wasDecidedHere = here?.id === run.id && (here.state === 'here' || here.state === 'ended');
        if (wasDecidedHere || NO_OUTCOMES.has(error?.code)) {
            return;
        }
        const {completions, oneOffs} = this.#parts;
        oneOffs.decided(name);
        const waiting = completions.ended(name);
        if (error === undefined) {
            waiting.resolve(result);
        } else {
            waiting.reject(error);
        }
    }

    async #lost(name, id, status) {
        const {completions, outcomes} = this.#parts;
        // A row that has failed was written by the host that is gone: it has reported that.
        const error = this.#cluster.lossOf(name, id, status !== 'failed');
        if (status !== 'failed') {
            await outcomes.writeStatus(name, {status: 'failed'});
        }
        completions.ended(name).reject(error);
        await this.#handOn(name, this.#runs.get(name), {kind: 'failed', error});
    }

    async #finish(name, run, end) {
        // The handlers of the end, which are called after this, queue its status.
        await undefined;
        if (run.state === 'back') {
            await this.#writeQueued(name, run);
        }
        await this.#handOn(name, run, run.state === 'back' ? {kind: 'back'} : end);
    }

    /** The row of a run that is given back. */
    async #writeQueued(name, run) {
        const {oneOffs, outcomes} = this.#parts;
        const mayWrite = async () => {
            const isHeld = await this.#member.confirm(run.id);
            run.state = isHeld ? 'back' : 'lost';
            return isHeld;
        };
        try {
            await oneOffs.queuedAgain(name, mayWrite);
        } catch (error) {
            outcomes.databaseFailed(error, name);
        }
    }

    /** After everything that is queued for the row. */
    async #handOn(name, run, end) {
        await this.#parts.oneOffs.written(name);
        if (run.state === 'lost') {
            this.#member.ended(run.id, {kind: 'lost'});
            return;
        }
        run.state = end.kind === 'back' ? 'lost' : 'ended';
        this.#member.ended(run.id, end);
    }

    #track(ending) {
        const {logger} = this.#parts;
        const tracked = ending
            .catch((error) => safely(logger, 'The logger', () => logger.error(error)))
            .finally(() => this.#ending.delete(tracked));
        this.#ending.add(tracked);
    }

    /** What follows from the looks at a row (lib/one-off/stuck-row.js). */
    async #act({name}, verdict, look) {
        const {jobs, outcomes} = this.#parts;
        if (verdict === 'over') {
            this.#settle(name, look.status);
        } else if (verdict === 'finished' || verdict === 'failed') {
            this.#warn(
                `The row of one-off job "${name}" did not have the outcome of its run, because the host that had it could not write it, or ` +
                    `another one has written late: it is '${verdict}' now`
            );
            this.#forget(name);
            await outcomes.writeStatus(name, {status: verdict});
        } else if (jobs.get(name)?.isOneOff) {
            await this.#claimLost(jobs.get(name).job, verdict, look);
        }
    }

    #warn(line) {
        const {logger} = this.#parts;
        safely(logger, 'The logger', () => logger.warn(line));
    }

    /** Who still waits has had no answer: another host has claimed the row since, or this one never had. */
    #settle(name, status) {
        const {completions} = this.#parts;
        if (status === 'finished') {
            completions.ended(name).resolve();
        } else if (status === 'failed') {
            const message = `One-off job "${name}" has failed on another host, which has reported why`;
            completions.ended(name).reject(new JobError('JOB_FAILED_ELSEWHERE', name, message));
        }
    }

    /** No host has a run of the job: one of those that look claims the row. */
    async #claimLost(job, verdict, look) {
        const {name, onHostLoss = 'fail'} = job;
        const isFailed = verdict === 'lost' && onHostLoss === 'fail';
        const isClaimed = await this.#parts.oneOffs.claimLost(name, {
            status: look.status,
            isStillLost: async () => {
                const {state, id} = await this.#member.oneOffState(name);
                return state === look.run && id === look.id;
            },
            run: async () => {
                if (!isFailed) {
                    await this.#ask(job);
                }
            }
        });
        if (!isClaimed) {
            return;
        }
        if (isFailed) {
            await this.#failLost(name);
            return;
        }
        this.#warn(
            `One-off job "${name}" has not ended by its row, and the cluster has had no run of it for ${this.#member.lookMs} ms: its ` +
                'host died before it could add one, or the server has forgotten it. This host has claimed the row again'
        );
    }

    /** The server has forgotten a run that was begun. It was killed when its lease was over. */
    async #failLost(name) {
        const {completions, outcomes} = this.#parts;
        const error = this.#cluster.lossOf(name, this.#asked.get(name)?.id ?? this.#runs.get(name)?.id, true);
        this.#forget(name);
        await outcomes.writeStatus(name, {status: 'failed'});
        completions.ended(name).reject(error);
    }
}

module.exports = {ClusterOneOffs};
