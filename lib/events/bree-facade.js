'use strict';

/**
 * The object that hosts and their tests use as `jobManager.bree`: the parts of bree 9's interface that they rely on,
 * with the state of this manager behind them. The maps can also be read by key, as in older versions of bree. It makes
 * no decisions: it shows what the manager's events have reported, and passes method calls on.
 */

const {EventEmitter} = require('node:events');

/** A Map whose entries are also own properties, because older versions of bree used plain objects. */
class NamedMap extends Map {
    set(name, value) {
        if (!(name in Map.prototype)) {
            this[name] = value;
        }
        return super.set(name, value);
    }

    delete(name) {
        if (!(name in Map.prototype)) {
            delete this[name];
        }
        return super.delete(name);
    }

    clear() {
        for (const name of this.keys()) {
            this.delete(name);
        }
    }
}

/** An active schedule, as a value of `timeouts` and `intervals`. */
class Handle {
    #jobs;

    constructor(name, jobs) {
        this.name = name;
        this.#jobs = jobs;
    }

    /** Ends the schedule, and cancels runs of the job. */
    clear() {
        this.#jobs()
            .stop(this.name)
            .catch(() => {});
    }
}

/** Events: 'worker created' (name), 'worker deleted' (name), 'job past' (name), 'run ended' (summary). */
class BreeFacade extends EventEmitter {
    #jobs;

    /**
     * @param {() => import('../jobs/registered-jobs').RegisteredJobs} jobs - the jobs that the methods act on
     * @param {{worker?: object, logger: object, timezone?: string}} config
     */
    constructor(jobs, {worker = {}, logger, timezone = 'local'}) {
        super();
        this.#jobs = jobs;
        this.workers = new NamedMap();
        this.timeouts = new NamedMap();
        this.intervals = new NamedMap();
        this.config = {root: false, hasSeconds: true, timezone, worker, logger, jobs: []};
    }

    /**
     * @param {'add' | 'start' | 'stop'} method
     * @returns {boolean} whether the host has replaced the method; if so, the replacement is called
     */
    isReplaced(method) {
        return this[method] !== BreeFacade.prototype[method];
    }

    /** A job is registered. */
    registered(job) {
        this.config.jobs.push(job);
    }

    /** A job is scheduled, or queued to run. */
    armed(name, isRecurring) {
        const handles = isRecurring ? this.intervals : this.timeouts;
        handles.set(name, new Handle(name, this.#jobs));
    }

    /** A job has no further due time. */
    disarmed(name) {
        this.timeouts.delete(name);
        this.intervals.delete(name);
    }

    /** A job is no longer registered. */
    removed(name) {
        this.disarmed(name);
        this.config.jobs = this.config.jobs.filter((job) => job.name !== name);
    }

    /** A run has been assigned a process. */
    workerCreated(name, worker) {
        this.timeouts.delete(name);
        this.workers.set(name, worker);
    }

    /** A run has ended. */
    workerDeleted(name, worker) {
        if (this.workers.get(name) === worker) {
            this.workers.delete(name);
        }
    }

    /** Registers one job or several, without starting them: `{name, path, date | cron | interval, worker}`. */
    async add(jobs) {
        [jobs].flat().forEach((job) => this.#jobs().hold(fromBree(job)));
    }

    /** Starts the schedule of a job, or of all. */
    async start(name) {
        for (const each of this.#names(name)) {
            this.#jobs().start(each);
        }
    }

    /** Starts a run of a job, or of all, now. */
    async run(name) {
        for (const each of this.#names(name)) {
            this.#jobs().run(each);
        }
    }

    /** Ends the schedule and the runs of a job, or of all; they stay registered. */
    async stop(name) {
        await Promise.all(this.#names(name).map((each) => this.#jobs().stop(each)));
    }

    /** Stops a job and forgets it. */
    async remove(name) {
        await this.#jobs().remove(name);
    }

    #names(name) {
        return name === undefined ? this.config.jobs.map((job) => job.name) : [name];
    }
}

/** Converts bree's job options into those of `addJob`. */
function fromBree({name, path, date, cron, interval, timeout: _delay, ...rest}) {
    const every = typeof interval === 'number' ? `${interval / 1000} seconds` : interval;
    return {name, job: path, at: date ?? cron ?? every, ...rest};
}

module.exports = {BreeFacade, NamedMap};
