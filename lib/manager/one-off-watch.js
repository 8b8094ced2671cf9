'use strict';

const {verdictOn} = require('../one-off/stuck-row');

/** Taken now: a host's tests may replace them. */
const {setTimeout, clearTimeout} = globalThis;
const nowMs = performance.now.bind(performance);
/** Timers fire early by a millisecond. */
const EARLY_MS = 20;

/**
 * Looks at one-off jobs of a cluster until their rows have an outcome: what carries the cluster may forget a run, or a host die before
 * it has added one.
 */
class OneOffWatch {
    #host;
    /** Jobs by name, each with what the last look has found. */
    #watched = new Map();
    #isClosed = false;

    /**
     * @param {object} host
     * @param {() => number} host.lookMs - from one look to the next: more than the lock of what carries the cluster
     * @param {(name: string) => boolean} host.isHere - whether this host has the run of a job
     * @param {(name: string) => Promise<{state: string, id?: string}>} host.runOf - what carries the cluster has of a job
     * @param {(name: string) => Promise<string | undefined>} host.statusOf - of the row
     * @param {(job: object, verdict: string, look: object) => Promise<void>} host.act - see `verdictOn`; called for what is more
     *   than another look
     */
    constructor(host) {
        this.#host = host;
    }

    has(name) {
        return this.#watched.has(name);
    }

    /** @param {object} job - of `addOneOffJob` */
    add(job) {
        if (!this.#isClosed && !this.#watched.has(job.name)) {
            this.#watched.set(job.name, {before: undefined, timer: undefined});
            this.#lookLater(job);
        }
    }

    async look(job) {
        const {name} = job;
        try {
            const verdict = await this.#verdictOn(name);
            const watch = this.#watched.get(name);
            if (watch === undefined || this.#isClosed) {
                return;
            }
            if (verdict === 'over') {
                clearTimeout(watch.timer);
                this.#watched.delete(name);
            } else {
                this.#lookLater(job);
            }
            if (verdict !== 'look again') {
                await this.#host.act(job, verdict, watch.before);
            }
        } catch {
            // The server or the database does not answer, or another host was faster: the next look may tell.
            this.#lookLater(job);
        }
    }

    close() {
        this.#isClosed = true;
        for (const {timer} of this.#watched.values()) {
            clearTimeout(timer);
        }
        this.#watched.clear();
    }

    #lookLater(job) {
        const watch = this.#watched.get(job.name);
        if (watch !== undefined) {
            clearTimeout(watch.timer);
            watch.timer = setTimeout(() => void this.look(job), this.#host.lookMs() + EARLY_MS);
            watch.timer.unref();
        }
    }

    async #verdictOn(name) {
        const watch = this.#watched.get(name);
        const {before} = watch;
        if (this.#host.isHere(name)) {
            watch.before = undefined;
            return 'look again';
        }
        if (before !== undefined && nowMs() - before.atMs < this.#host.lookMs()) {
            return 'look again';
        }
        const {state: run, id} = await this.#host.runOf(name);
        const status = run === 'coming' ? 'queued' : await this.#host.statusOf(name);
        watch.before = {run, id, status, atMs: nowMs()};
        return verdictOn(watch.before, before);
    }
}

module.exports = {OneOffWatch};
