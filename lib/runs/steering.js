'use strict';

/** What a host does to its jobs and runs from outside: cancel, try again, pause, resume. */

const {checkStopped, incorrectUsage} = require('../host/errors');
const {invalid} = require('../host/options');

class Steering {
    #native;
    #jobs;
    #runs;
    #settle;
    #addOneOff;
    #oneOffRun;
    #onChanged;

    /**
     * @param {object} parts
     * @param {import('../native/binding').NativeManager} parts.native
     * @param {import('../jobs/registered-jobs').RegisteredJobs} parts.jobs
     * @param {import('./runs').Runs} parts.runs
     * @param {(send: (request: number) => void) => Promise<{survivors: object[]}>} parts.settle
     * @param {(job: object) => Promise<void>} parts.addOneOff - as `addOneOffJob`
     * @param {(name: string) => object | undefined} parts.oneOffRun - the run of a one-off job that this host has asked a cluster for
     * @param {() => void} parts.onChanged - something was paused or resumed: delivers the events of that at once
     */
    constructor({native, jobs, runs, settle, addOneOff, oneOffRun, onChanged}) {
        this.#native = native;
        this.#jobs = jobs;
        this.#runs = runs;
        this.#settle = settle;
        this.#addOneOff = addOneOff;
        this.#oneOffRun = oneOffRun;
        this.#onChanged = onChanged;
    }

    /**
     * @param {string} id
     * @param {{reason?: string}} [options]
     * @returns {Promise<object>} the run, when it has ended
     * @throws {Error} RUN_UNKNOWN, RUN_ENDED, RUN_NOT_STOPPABLE
     */
    async cancelRun(id, {reason} = {}) {
        const run = this.#known(id);
        if (run.ended !== undefined) {
            throw coded(
                'RUN_ENDED',
                `The run "${id}" of job "${run.job}" cannot be cancelled: it has ${run.state}`
            );
        }
        if (run.state === 'waiting' || !this.#runs.isKnown(id)) {
            throw coded(
                'RUN_NOT_STOPPABLE',
                `The run "${id}" of job "${run.job}" cannot be cancelled yet: it waits in the store until its job is defined and ` +
                    'its turn is near'
            );
        }
        const {job, handler, isInline} = this.#jobs.get(run.job) ?? {};
        if (isInline && !handler && !job.context && run.state === 'running') {
            throw coded(
                'RUN_NOT_STOPPABLE',
                `The run "${id}" of job "${run.job}" cannot be stopped: it is a function on the event loop that is called ` +
                    'without its run. Add the job with "context: true", and heed run.signal in the function'
            );
        }
        return this.#runs.cancelById(id, reason);
    }

    /**
     * @param {string} id - of a run that failed
     * @returns {Promise<import('./run-handle').Run | {id: string, name: string}>} a new run
     * @throws {Error} RUN_UNKNOWN, RUN_NOT_FAILED, RUN_DATA_GONE, and those of `runJob` or `addOneOffJob`
     */
    async retryRun(id) {
        const {state, job: name} = this.#known(id);
        if (state !== 'failed') {
            throw coded(
                'RUN_NOT_FAILED',
                `The run "${id}" of job "${name}" cannot be tried again: its state is '${state}', and only a failed run can. ` +
                    `Call runJob("${name}") for another run`
            );
        }
        const registered = this.#jobs.get(name);
        if (registered?.isOneOff) {
            await this.#addOneOff(registered.job);
            return this.#oneOffRun(name) ?? this.#runs.latest(name);
        }
        return this.#runs.request(name, this.#runs.optionsOf(id), {retryOf: id});
    }

    /**
     * @param {string} name
     * @param {{note?: string, cancelRunning?: boolean, by?: 'host' | 'operator'}} [options]
     * @returns {Promise<void>} with `cancelRunning` when its runs have ended
     * @throws {Error} JOB_UNKNOWN
     */
    async pauseJob(name, {note, cancelRunning = false, by = 'host'} = {}) {
        this.#registered(name);
        await this.#pause(cancelRunning, (request) => this.#native.pauseJob(name, by, request, note));
    }

    /** @param {string} name @param {{catchUp?: boolean}} [options] */
    async resumeJob(name, {catchUp = false} = {}) {
        this.#registered(name);
        this.#native.resumeJob(name, catchUp);
        this.#onChanged();
    }

    /**
     * @param {{note?: string, cancelRunning?: boolean, by?: 'host' | 'operator'}} [options]
     * @returns {Promise<void>} with `cancelRunning` when all runs have ended
     */
    async pauseAll({note, cancelRunning = false, by = 'host'} = {}) {
        await this.#pause(cancelRunning, (request) => this.#native.pauseAll(by, request, note));
    }

    /** @param {boolean} cancelRunning @param {(request: number | undefined) => void} send */
    async #pause(cancelRunning, send) {
        if (cancelRunning) {
            const settled = this.#settle(send);
            this.#onChanged();
            checkStopped(await settled);
        } else {
            send(undefined);
            this.#onChanged();
        }
    }

    /** @param {{catchUp?: boolean}} [options] */
    async resumeAll({catchUp = false} = {}) {
        this.#native.resumeAll(catchUp);
        this.#onChanged();
    }

    #known(id) {
        if (typeof id !== 'string' || id === '') {
            throw invalid(`A run is named by its id, such as "3f9c2a10-17", not by ${String(id)}`);
        }
        const run = this.#runs.info(id);
        if (run === undefined) {
            throw coded(
                'RUN_UNKNOWN',
                `There is no run "${id}": its id is wrong, or it ended so long ago that it is no longer kept (option "history")`
            );
        }
        return run;
    }

    #registered(name) {
        const registered = this.#jobs.get(name);
        if (registered === undefined) {
            throw coded('JOB_UNKNOWN', `Job "${name}" does not exist: no job of that name is registered`);
        }
        return registered;
    }
}

const coded = (code, message) => incorrectUsage({message, code});

module.exports = {Steering};
