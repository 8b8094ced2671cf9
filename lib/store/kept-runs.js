'use strict';

/** Runs as the store has them: those that have ended, and those that an earlier host has left. */

const {JobError, errorCodeOf} = require('../host/errors');
const {errorInfo, runInfo} = require('../runs/run-info');
const {NONE, valueOfBytes} = require('../runs/run-value');
const {deserializeError} = require('../wire/clone');
const {decode} = require('../wire/compact');

/** Causes that have another name in the file. */
const CAUSES = {HOST_DIED: 'hostDied'};

class KeptRuns {
    #native;

    /** @param {import('../native/binding').NativeManager} native - without a store there are no such runs */
    constructor(native) {
        this.#native = native;
    }

    /** @returns {import('../../index').StoredJob[]} jobs that are not defined, and of which the store has something */
    jobs() {
        return this.#native
            .leftJobs()
            .map(({name, waiting, at, timezone}) =>
                Object.freeze({name, waiting, ...(at === undefined ? {} : {at, timezone})})
            );
    }

    /** @returns {KeptRun | undefined} */
    get(id) {
        const row = this.#native.keptRun(id);
        return row ? new KeptRun(row) : undefined;
    }

    /** @returns {KeptRun | undefined} the run of the job that ended last */
    last(name) {
        const row = this.#native.lastKeptRun(name);
        return row ? new KeptRun(row) : undefined;
    }

    /**
     * @param {import('../native/binding').KeptRunsRequest} request
     * @returns {KeptRun[]} the one that was accepted last first
     */
    list(request) {
        return this.#native.keptRuns(request).map((row) => new KeptRun(row));
    }
}

/** A run in the store. */
class KeptRun {
    #row;

    /** @param {import('../native/binding').KeptRunRow} row */
    constructor(row) {
        this.#row = row;
    }

    get id() {
        return this.#row.id;
    }

    /** The order in which runs were accepted. */
    get key() {
        return this.#row.key;
    }

    /** What it returned. @throws {Error} when the bytes cannot be read */
    read() {
        return decode(this.#row.result ?? new Uint8Array(0));
    }

    /** @returns {unknown} what it threw, or an error that says how it failed; undefined for one that completed */
    get error() {
        const {state, cause, error, message, name} = this.#row;
        if (state !== 'failed' && state !== 'cancelled') {
            return undefined;
        }
        try {
            if (error) {
                return deserializeError(error);
            }
        } catch {
            // A newer Node.js has written it.
        }
        return new JobError(errorCodeOf(cause), name, message ?? `The run of job "${name}" has ${state}`);
    }

    /** The options of `runJob` for another run like it. */
    get requestOptions() {
        const {data, priority} = this.#row;
        return {...(data ? {data: decode(data)} : {}), priority};
    }

    /** @returns {import('../../index').RunInfo} */
    info() {
        const row = this.#row;
        const {cause, startedMs, endedMs, error, message} = row;
        const elapsedMs = endedMs && startedMs ? Math.max(0, endedMs - startedMs) : undefined;
        const given = Object.fromEntries(
            Object.entries(row).map(([key, value]) => [key, value ?? undefined])
        );
        return runInfo({
            ...given,
            cause: CAUSES[cause] ?? cause ?? (row.state === 'completed' ? 'returned' : undefined),
            ending: elapsedMs === undefined ? undefined : {elapsedMs},
            error: error || message ? shownError(this.error) : undefined,
            retryAtMs: row.state === 'retrying' ? row.beginMs : undefined,
            value: row.result ? valueOfBytes(row.result, true) : NONE
        });
    }
}

/** An error that was made here has no stack of its own. */
function shownError(error) {
    const info = errorInfo(error);
    return error instanceof JobError ? Object.freeze({...info, stack: undefined}) : info;
}

module.exports = {KeptRuns};
