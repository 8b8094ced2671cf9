'use strict';

/** Announces what happens to jobs and runs: to the listeners of `jobManager.events`, and to tracers. */

const {JobListeners} = require('../host/job-listeners');
const {OutputWatch} = require('./output-watch');
const {
    TracedAttempts,
    attemptFailed,
    isTraced,
    jobRegistered,
    publish,
    runSkipped,
    workerSpawned
} = require('../host/tracing');

/** A run that begins so long after its due time is late. */
const LATE_MS = 1_000;

const {tell} = JobListeners;

class RunAnnouncements {
    #listeners;
    #native;
    #instance;
    #traced = new TracedAttempts();
    #output;
    /** Whether the native side reports the start of each handler's run, too. */
    #isWatching = false;

    /**
     * @param {object} parts
     * @param {JobListeners} parts.listeners
     * @param {import('../native/binding').NativeManager} parts.native
     * @param {string} parts.instance
     */
    constructor({listeners, native, instance}) {
        this.#listeners = listeners;
        this.#native = native;
        this.#instance = instance;
        this.#output = new OutputWatch({listeners, native});
        listeners.on('newListener', (event) => this.watch(event));
    }

    /**
     * To be called when jobs are added and runs are asked for: a tracer may have subscribed since, or nobody may listen any
     * longer.
     *
     * @param {string} [newEvent] - that somebody is about to listen to
     */
    watch(newEvent) {
        const isWanted = JobListeners.hearsStarts(this.#listeners, newEvent) || isTraced();
        if (isWanted !== this.#isWatching) {
            this.#isWatching = isWanted;
            this.#native.watchStarts(isWanted);
        }
    }

    /** Whether what the events of a run tell has to be remembered. */
    get isWatching() {
        return this.#isWatching;
    }

    jobAdded(describe) {
        this.watch();
        publish(jobRegistered, describe);
        tell(this.#listeners, 'job added', () => ({job: describe()}));
    }

    jobRemoved(describe) {
        tell(this.#listeners, 'job removed', () => ({job: describe()}));
    }

    jobPaused(describe, {by, note}) {
        tell(this.#listeners, 'job paused', () => ({job: describe(), by, note}));
    }

    jobResumed(describe) {
        tell(this.#listeners, 'job resumed', () => ({job: describe()}));
    }

    allPaused({by, note}) {
        tell(this.#listeners, 'all paused', () => ({by, note}));
    }

    allResumed() {
        tell(this.#listeners, 'all resumed', () => ({}));
    }

    queued(describe) {
        tell(this.#listeners, 'run queued', () => ({run: describe()}));
    }

    shuttingDown() {
        tell(this.#listeners, 'shutting down', () => ({}));
    }

    /** An attempt has its process, or its place on the event loop. */
    started(run, describe, registered, inCaller) {
        if (!registered?.isInline) {
            const context = () => contextOf({...describe(), inCaller}, registered, this.#instance);
            publish(workerSpawned, context);
            this.#traced.started(run, context);
        }
        tell(this.#listeners, 'run started', () => ({run: describe()}));
    }

    /** An attempt has reached the code of its job. */
    online(describe) {
        tell(this.#listeners, 'run online', () => ({run: describe()}));
        tell(this.#listeners, 'run late', () => {
            const run = describe();
            return run.due !== undefined && run.startDelayMs > LATE_MS ? {run, limitMs: LATE_MS} : undefined;
        });
    }

    progress(describe) {
        tell(this.#listeners, 'run progress', describe);
    }

    log(describe) {
        tell(this.#listeners, 'run log', describe);
    }

    /** A run has printed or logged something. */
    outputGrew(run, facts) {
        this.#output.grew(run, facts);
    }

    slow(describe, limitMs) {
        tell(this.#listeners, 'run slow', () => ({run: describe(), limitMs}));
    }

    attemptFailed(run, describe, {error, retryAt, ending}) {
        this.#traced.ended(run, {error, ending, describe});
        publish(attemptFailed, () => ({run: describe(), error, retryAt}));
        tell(this.#listeners, 'attempt failed', () => ({run: describe(), error, retryAt}));
    }

    ended(run, describe, {error, read, ending}) {
        this.#traced.ended(run, {error, read, ending, describe});
        this.#output.ended(run);
        tell(this.#listeners, 'run ended', () =>
            error === undefined ? {run: describe(), result: read()} : {run: describe(), error}
        );
    }

    skipped(describe) {
        publish(runSkipped, describe);
        tell(this.#listeners, 'run skipped', describe);
    }
}

/** What a tracer is told of an attempt. */
function contextOf({job, id, attempt, trigger, pid, inCaller}, registered, manager, kind = 'offloaded') {
    return {job, run: id, attempt, kind, trigger, schedule: scheduleOf(registered), manager, pid, inCaller};
}

const scheduleOf = (registered) =>
    registered?.when.kind === 'schedule' ? registered.when.schedule : undefined;

module.exports = {RunAnnouncements, contextOf};
