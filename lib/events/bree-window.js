'use strict';

/**
 * What hosts and their tests look at through `jobManager.bree`: the parts of bree 9 (and, by key, of
 * the bree of older generations) over the state of this manager. It decides nothing.
 */

const {EventEmitter} = require('node:events');

/** A Map that can be read by key too, as the plain objects of older bree could. */
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

/** A schedule that is under way. */
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
class BreeWindow extends EventEmitter {
    #jobs;

    /**
     * @param {() => import('../jobs/registered-jobs').RegisteredJobs} jobs - what the methods act on
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
     * @returns {boolean} has the host put something else in its place? Then that is what gets called
     */
    isReplaced(method) {
        return this[method] !== BreeWindow.prototype[method];
    }

    /** A job is registered. */
    registered(job) {
        this.config.jobs.push(job);
    }

    /** A job is waiting for its time, or for its turn. */
    armed(name, isRecurring) {
        const handles = isRecurring ? this.intervals : this.timeouts;
        handles.set(name, new Handle(name, this.#jobs));
    }

    /** No due time of a job is to come. */
    disarmed(name) {
        this.timeouts.delete(name);
        this.intervals.delete(name);
    }

    /** A job is no longer registered. */
    removed(name) {
        this.disarmed(name);
        this.config.jobs = this.config.jobs.filter((job) => job.name !== name);
    }

    /** A run was given a process. */
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

/** A job in the words of `addJob`. */
function fromBree({name, path, date, cron, interval, timeout: _delay, ...rest}) {
    const every = typeof interval === 'number' ? `${interval / 1000} seconds` : interval;
    return {name, job: path, at: date ?? cron ?? every, ...rest};
}

module.exports = {BreeWindow, NamedMap};
