'use strict';

const {randomUUID} = require('node:crypto');
const {Delivery} = require('./delivery');
const {invalid} = require('../host/options');

/**
 * Checks in with services when runs of these jobs begin and end, and when the jobs are paused and resumed.
 *
 * @param {import('../../index')} jobManager
 * @param {import('../check-ins').CheckInsOptions} options
 * @returns {import('../check-ins').CheckIns} ends it
 * @throws {IncorrectUsageError} INVALID_OPTION
 */
function checkIns(jobManager, {jobs}) {
    const watch = new Watch(jobManager, servicesOf(jobs));
    watch.listen();
    const end = () => watch.close();
    return Symbol.dispose ? Object.assign(end, {[Symbol.dispose]: end}) : end;
}

const isService = (service) => typeof service?.checkIn === 'function';

/** @returns {Map<string, import('../check-ins').CheckInService[]>} by job */
function servicesOf(jobs) {
    const services = Object.entries(jobs ?? {}).map(([job, given]) => [job, [given].flat()]);
    for (const [job, ofJob] of services) {
        if (!ofJob.every(isService)) {
            throw invalid(
                `checkIns() takes a service for each job, such as {${JSON.stringify(job)}: healthchecks({url})}, or an array of ` +
                    `them: that of job "${job}" has no function "checkIn"`
            );
        }
    }
    return new Map(services);
}

class Watch {
    #jobManager;
    #services;
    #delivery;
    /** Runs that have begun: the ids by which services know them. @type {Map<string, string>} */
    #rids = new Map();
    #listeners = {
        'run started': ({run}) => this.#started(run),
        'run ended': ({run}) => this.#ended(run),
        'job paused': ({job}) => this.#tell(job.name, {kind: 'paused'}),
        'job resumed': ({job}) => this.#tell(job.name, {kind: 'resumed'}),
        'all paused': () => this.#tellAll('paused'),
        'all resumed': () => this.#tellAll('resumed')
    };

    constructor(jobManager, services) {
        this.#jobManager = jobManager;
        this.#services = services;
        this.#delivery = new Delivery(({job, service, error}) => {
            jobManager.events.emit('check-in failed', Object.freeze({job, service, error}));
        });
    }

    listen() {
        for (const [event, listener] of Object.entries(this.#listeners)) {
            this.#jobManager.events.on(event, listener);
        }
    }

    close() {
        for (const [event, listener] of Object.entries(this.#listeners)) {
            this.#jobManager.events.off(event, listener);
        }
    }

    /** An attempt has begun: the first one of a run counts. */
    #started(run) {
        if (this.#services.has(run.job) && !this.#rids.has(run.id)) {
            this.#tell(run.job, {kind: 'started', run, rid: this.#ridOf(run)});
        }
    }

    #ended(run) {
        if (!this.#services.has(run.job)) {
            return;
        }
        const rid = this.#ridOf(run);
        this.#rids.delete(run.id);
        const output = () => this.#jobManager.output(run.id)?.text ?? '';
        this.#tell(run.job, {kind: run.state, run, rid, output});
    }

    #ridOf({id}) {
        const rid = this.#rids.get(id) ?? randomUUID();
        this.#rids.set(id, rid);
        return rid;
    }

    #tellAll(kind) {
        for (const name of this.#services.keys()) {
            // One that was paused by itself stays so.
            const {paused} = this.#jobManager.job(name) ?? {};
            if ((kind === 'paused') === (paused !== undefined)) {
                this.#tell(name, {kind});
            }
        }
    }

    #tell(name, event) {
        const services = this.#services.get(name) ?? [];
        const job = services.length > 0 ? this.#jobManager.job(name) : undefined;
        for (const service of services) {
            this.#delivery.deliver(service, {...event, name, job});
        }
    }
}

module.exports = {checkIns};
